"""What every refused command line has in common: an exit code, one message, and a CRM that nobody wrote to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.sandbox import Crm
from sync.demo.play import SECRET_VARIABLES
from tests.e2e.projects import Site

DAILY = {"salesforce": 200_000, "hubspot": 625_000}
"""Calls of a day that the local CRMs allow by themselves."""


@contextmanager
def project_of(source: Site, folder: Path) -> Iterator[Site]:
    """A fresh copy of an admin's folder, without what earlier commands left; the CRM is sound again afterwards."""
    shutil.copytree(source.folder, folder, ignore=shutil.ignore_patterns("state"))
    try:
        yield Site(source.vendor, folder, source.crm)
    finally:
        source.crm.clear_faults()
        source.crm.settings(daily_limit=DAILY[source.vendor])


def refused(made: Site, *arguments: str, code: int, timeout: float = 120) -> str:
    """Run a command line that must end with this code, write nothing and say why; answers its message."""
    before = len(made.crm.history())
    done = made.territory(*arguments, timeout=timeout)
    said = done.stdout + done.stderr
    assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{said}"
    assert "Traceback" not in said and "should not happen" not in said, said
    assert done.stderr.count("error: ") == 1, said
    assert len(made.crm.history()) == before, "the CRM was written to"
    for secret in secrets_of(made):
        assert secret not in said, "a credential was shown"
    return done.stderr[done.stderr.index("error: ") + len("error: ") :]


def secrets_of(made: Site) -> list[str]:
    """The credentials that the command was given."""
    return [os.environ[name] for name in SECRET_VARIABLES[made.vendor] if name in os.environ]


def change(made: Site, file: str, old: str, new: str) -> int:
    """Replace a text that stands there once; the number of its line."""
    path = made.folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def add(made: Site, file: str, lines: str) -> int:
    """Add lines at the end of a file; the number of the first one."""
    path = made.folder / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text + lines, encoding="utf-8")
    return text.count("\n") + 1


def delete(crm: Crm, vendor: str, ids: list[str]) -> None:
    """Somebody deletes accounts in the CRM, and time goes by until its search knows."""
    for id in ids:
        if vendor == "salesforce":
            crm.edit("Account", id, {"IsDeleted": True})
        else:
            crm.edit("companies", id, {"archived": True})
    crm.advance(120)
