"""The sections of the rules document as pydantic models: keys, forms and defaults; their docstrings reach editors."""
