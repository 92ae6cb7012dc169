"""From an exception to a message on stderr and an exit code."""

from __future__ import annotations

import os

import typer
from typer.exceptions import TyperException

from sync.errors import DONE, FAILED, TRY_LATER, USAGE

INTERRUPTED = 130


def exit_code_of(error: BaseException) -> int:
    """Say what happened, and answer what the process ends with."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else DONE if error.code is None else FAILED
    if isinstance(error, TyperException):
        typer.echo(f"error: {error.format_message().rstrip('.')}; see territory --help", err=True)
        return USAGE
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        return _say("stopped; what was sent is recorded, the same command goes on from there", INTERRUPTED)
    return _expected(error)


def _expected(error: BaseException) -> int:
    from connectors.errors import ConnectorError, QuotaSpent, Transient
    from rules.engine.errors import AssignError
    from rules.language.reading.problems import DocumentError
    from sync.errors import SyncError

    match error:
        case DocumentError():
            count = len(error.problems)
            return _say(f"{count} problem{'s' if count != 1 else ''} to correct first:\n{error}", FAILED)
        case SyncError():
            return _say(str(error), error.exit_code)
        case QuotaSpent() | Transient():
            return _say(f"{error} (try again later; nothing is lost)", TRY_LATER)
        case ConnectorError() | AssignError():
            return _say(str(error), FAILED)
        case BrokenPipeError():
            return DONE
        case OSError() if error.strerror:
            where = f"{error.filename}: " if error.filename else ""
            return _say(f"{where}{error.strerror}; nothing more was done, the same command goes on", FAILED)
    return _unexpected(error)


def _say(message: str, code: int) -> int:
    from sync.log import REDACTED, SECRET_TEXT, inert_lines

    label = "error: "
    if not os.environ.get("NO_COLOR"):  # https://no-color.org
        label = typer.style(label, fg="red", bold=True)
    typer.echo(label + inert_lines(SECRET_TEXT.sub(REDACTED, message)), err=True)
    return code


def _unexpected(error: BaseException) -> int:
    import structlog

    from sync.log import configure

    if not structlog.is_configured():
        configure(verbosity=0, json=False)
    # A defect of ours: the traceback is wanted, without locals, since they hold credentials.
    structlog.get_logger().error("unexpected", exc_info=error)
    typer.echo("error: this should not happen; please report it with the traceback above", err=True)
    return FAILED
