"""Structured logging: JSON lines for machines, plain lines on a terminal, secrets and odd characters removed."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

SECRET_KEYS = re.compile(
    r"token|secret|password|private_?key|authorization|session_?id|cookie", re.IGNORECASE
)
# What credentials look like when they turn up inside a text: bearer headers, private-app tokens, Salesforce
# sessions, PEM blocks, JWTs.
SECRET_TEXT = re.compile(
    r"Bearer\s+\S+|pat-[a-z0-9]+-[0-9a-fA-F-]{20,}|00D[A-Za-z0-9]{12,15}![A-Za-z0-9_.]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
    re.DOTALL,
)
REDACTED = "[redacted]"


def inert(text: str) -> str:
    """The text with control, format and bidirectional characters shown as escapes, so that it cannot act."""
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def inert_lines(text: str) -> str:
    """The same for a text of several lines, whose tabs and line ends stay."""
    return "\n".join("\t".join(map(inert, line.split("\t"))) for line in text.split("\n"))


def _visible(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"\\u{ord(character):04x}"
    return character


def redact(value: Any) -> Any:
    """The value without credentials, in nested mappings and sequences as well."""
    if isinstance(value, str):
        return inert(SECRET_TEXT.sub(REDACTED, value))
    if isinstance(value, dict):
        return {k: REDACTED if SECRET_KEYS.search(str(k)) else redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def _redacting(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {k: REDACTED if SECRET_KEYS.search(k) else _shown(k, v) for k, v in event.items()}


def _shown(key: str, value: Any) -> Any:
    if key == "exception" and isinstance(value, str):
        return inert_lines(SECRET_TEXT.sub(REDACTED, value))
    return redact(value)


class _Unbreakable:
    """A stream that nobody may be reading any more (`2>&1 | head`): a run does not stop for that."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(BrokenPipeError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(BrokenPipeError):
            self._stream.flush()


def configure(*, verbosity: int, json: bool) -> None:
    """Log to stderr: warnings at verbosity -1, information at 0, debugging at 1 and above."""
    import structlog

    level = {-1: 30, 0: 20}.get(max(verbosity, -1), 10) if verbosity <= 0 else 10
    final: Any
    if json:
        final = structlog.processors.JSONRenderer()
    else:
        # No locals in tracebacks: they hold tokens.
        final = structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Formatted before anything is redacted: a renderer that formats would show what an exception says as it stands.
    processors += [structlog.processors.format_exc_info, _redacting, final]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Unbreakable(sys.stderr))),
        cache_logger_on_first_use=False,
    )
