"""The command `territory`: one file per group of verbs, heavy imports only where a verb needs them."""

from __future__ import annotations

import gc
import os
import sys

ALLOCATIONS = 100_000
"""New objects between two searches for garbage: imports and rules make as many, and nearly all of them stay."""


def main() -> None:
    """Run the command line; every expected failure is one message and an exit code, never a traceback."""
    gc.set_threshold(ALLOCATIONS)
    # To find plug-ins of its own, pydantic would open every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from sync.cli.failures import exit_code_of
    from sync.cli.verbs import app

    try:
        code = app(standalone_mode=False)
    except BaseException as error:  # noqa: BLE001 - the one place where everything ends
        code = exit_code_of(error)
    sys.exit(code if isinstance(code, int) else 0)
