"""Projects of an admin against a local CRM in a thread of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.base import Connector
from connectors.sandbox import Crm, Seed, running
from sync.approve import approve
from sync.config import load_project
from sync.demo.play import SECRET_VARIABLES, make_project
from sync.ledger import Ledger
from sync.plan import Plan
from sync.run import Enacted, enact, propose, pull
from sync.session import Session

VENDORS = ("salesforce", "hubspot")
OWNER = {
    "salesforce": ("Account", "OwnerId", "Id"),
    "hubspot": ("companies", "hubspot_owner_id", "hs_object_id"),
}
"""Object, owner field and id field in the vendor's own words."""


@dataclass
class Site:
    """A folder with config and rules, and the CRM it names; its secrets are in the environment."""

    vendor: str
    folder: Path
    crm: Crm

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def territory(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run the command line as an admin does, in a process of its own."""
        return subprocess.run(
            [sys.executable, "-c", "from sync.cli import main; main()", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def ok(self, *arguments: str, code: int = 0) -> str:
        """Run it, and expect this exit code; answers what it printed."""
        done = self.territory(*arguments)
        assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def open(self) -> Iterator[tuple[Session, Ledger, Connector]]:
        """A session, its ledger and the CRM, in this process."""
        session = Session(load_project(self.config), actor="tester")
        connector = session.project.connect()
        try:
            with session.locked(), session.ledger() as ledger:
                yield session, ledger, connector
        finally:
            connector.close()

    def plan(self) -> Plan:
        """Pull and propose."""
        with self.open() as (session, ledger, connector):
            return propose(session, ledger, pull(session, connector).snapshot)

    def accept(self, plan: Plan) -> None:
        """Approve a plan with each of its breaches."""
        with self.open() as (session, ledger, _):
            approve(ledger, plan, by="tester", at=session.now(), accept=[b.name for b in plan.breaches])

    def enact(self, plan: Plan) -> Enacted:
        """Carry out an approved plan, or go on with it."""
        with self.open() as (session, ledger, connector):
            return enact(session, ledger, plan, connector)

    def owners(self) -> dict[str, str | None]:
        """Who owns what, by the CRM's own tables."""
        object, owner, key = OWNER[self.vendor]
        return {str(row[key]): row[owner] or None for row in self.crm.records(object)}

    def written(self) -> list[tuple[str, str, object, object]]:
        """Every write of ours so far: id, field, old, new; the CRM's own history says so."""
        object = OWNER[self.vendor][0]
        return [
            (r["id"], r["field"], r["old"], r["new"])
            for r in self.crm.history(object)
            if r["actor"] != "human"
        ]


@contextmanager
def secrets(vendor: str, crm: Crm) -> Iterator[None]:
    """The CRM's credentials in the environment."""
    told: Mapping[str, str] = {
        name: str(crm.credentials[key]) for name, key in SECRET_VARIABLES[vendor].items()
    }
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def site(vendor: str, folder: Path, *, accounts: int = 300, activities: float = 2) -> Iterator[Site]:
    """A filled CRM and the demo's rules, with the fields created and writes enabled."""
    seed = Seed(accounts=accounts, reps=12, seed=1, activities_per_account=activities)
    with running(vendor, seed=seed) as crm, secrets(vendor, crm):
        make_project(folder / vendor, vendor, crm)
        made = Site(vendor, folder / vendor, crm)
        with made.open() as (session, _, connector):
            connector.setup(connector.setup_steps(session.project.output_fields()))
        yield made
