"""The command `territory`: one file per group of verbs, heavy imports only where a verb needs them."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; every expected failure is one message and an exit code, never a traceback."""
    from sync.cli.failures import exit_code_of
    from sync.cli.verbs import app

    try:
        code = app(standalone_mode=False)
    except BaseException as error:  # noqa: BLE001 - the one place where everything ends
        code = exit_code_of(error)
    sys.exit(code if isinstance(code, int) else 0)
