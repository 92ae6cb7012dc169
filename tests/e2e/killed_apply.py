"""Applies a plan and dies, as kill -9 would have it, at the n-th point of writing.

Points are counted where a death is worst: before and after every commit of the ledger's states, and before
and after every write call; with `calls` also around every single HTTP call that writes to
Salesforce, with `reads` around every other one as well. Runs in a process of its own, see `test_kill.py`; nothing of
this is in the product.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sync.apply import Applier
from sync.cli.session import connected, find_plan, open_session
from sync.ledger import Ledger
from sync.run import enact


def apply_and_die(
    config: Path,
    environment: Mapping[str, str],
    plan_id: str,
    at: int,
    calls: bool = False,
    reads: bool = False,
) -> None:
    """Die at that point; return when there were fewer."""
    os.environ.update(environment)
    passed = 0

    def point() -> None:
        nonlocal passed
        passed += 1
        if passed == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            point()
            answer = function(*args, **kwargs)
            point()
            return answer

        return wrapped

    for owner, name in (
        (Ledger, "mark"),
        (Ledger, "begin_run"),
        (Ledger, "finish_run"),
        (Ledger, "keep_receipt"),
        (Applier, "_send"),
    ):
        setattr(owner, name, around(getattr(owner, name)))
    if calls:
        from connectors.salesforce.wire.client import Client

        for name in ("write", "read", "download") if reads else ("write",):
            setattr(Client, name, around(getattr(Client, name)))
    session = open_session(config, progress=False)
    with session.locked(), session.ledger() as ledger, connected(session) as connector:
        connector.write = around(connector.write)  # type: ignore[method-assign]
        enact(session, ledger, find_plan(session, ledger, plan_id), connector)
