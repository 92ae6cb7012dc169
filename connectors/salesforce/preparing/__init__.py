"""What an org needs before it is written to: fields, permissions, views."""
