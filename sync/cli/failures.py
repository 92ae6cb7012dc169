"""From an exception to a message on stderr and an exit code."""

from __future__ import annotations

import sys

import click

from sync.errors import DONE, FAILED, TRY_LATER, USAGE


def exit_code_of(error: BaseException) -> int:
    """Say what happened, and answer what the process ends with."""
    match error:
        case SystemExit():
            return error.code if isinstance(error.code, int) else DONE if error.code is None else FAILED
        case click.exceptions.Exit():
            return error.exit_code
        case click.UsageError():
            error.show()
            return USAGE
        case click.ClickException():
            error.show()
            return error.exit_code
        case click.exceptions.Abort() | KeyboardInterrupt():
            return _say("stopped; what was sent is recorded, the same command goes on from there", 130)
    return _expected(error)


def _expected(error: BaseException) -> int:
    from connectors.errors import ConnectorError, QuotaSpent, Transient
    from rules.engine.errors import AssignError
    from rules.language.problems import DocumentError
    from sync.errors import SyncError

    match error:
        case DocumentError():
            count = len(error.problems)
            return _say(
                f"{error}\n{count} problem{'s' if count != 1 else ''}; nothing was read or written", FAILED
            )
        case SyncError():
            return _say(str(error), error.exit_code)
        case QuotaSpent() | Transient():
            return _say(f"{error} (try again later; nothing is lost)", TRY_LATER)
        case ConnectorError() | AssignError():
            return _say(str(error), FAILED)
        case BrokenPipeError():
            return DONE
    return _unexpected(error)


def _say(message: str, code: int) -> int:
    from sync.log import SECRET_TEXT

    click.echo(click.style("error: ", fg="red", bold=True) + SECRET_TEXT.sub("[redacted]", message), err=True)
    return code


def _unexpected(error: BaseException) -> int:
    import structlog

    # A defect of ours: the traceback is wanted, without locals, since they hold credentials.
    structlog.get_logger().error("unexpected", exc_info=error)
    print("error: this should not happen; please report it with the traceback above", file=sys.stderr)  # noqa: T201
    return FAILED
