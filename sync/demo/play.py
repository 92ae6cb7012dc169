"""Plays two nights against each local CRM and says what happened."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from connectors.sandbox import Crm, Seed, running
from sync.approve import approve
from sync.config import load_project
from sync.errors import FAILED, SyncError
from sync.files import write_text
from sync.report import page, plan_text, run_text
from sync.run import Enacted, enact, night, propose, pull
from sync.session import Session

Say = Callable[[str], None]
REPS = 12
VENDORS = ("salesforce", "hubspot")
MOST = 5
"""Names of foreign files that a message lists."""
SECRET_VARIABLES = {
    "salesforce": {
        "DEMO_SALESFORCE_CLIENT_ID": "client_id",
        "DEMO_SALESFORCE_CLIENT_SECRET": "client_secret",
    },
    "hubspot": {"DEMO_HUBSPOT_TOKEN": "token"},
}


def play(folder: Path, accounts: int, *, say: Say) -> int:
    """Two nights against each local CRM; the exit code is not 0 if the second one writes anything.

    What an earlier demo left in `folder` is removed; SyncError where anything else is in there.
    """
    _clear(folder)
    codes = []
    for vendor in VENDORS:
        say(f"\n=== {vendor}: a local CRM with {accounts:,} accounts, over HTTP ===\n")
        with running(vendor, seed=Seed(accounts=accounts, reps=REPS, seed=1)) as crm, _secrets(vendor, crm):
            project = make_project(folder / vendor, vendor, crm)
            codes.append(_two_nights(project, crm, say))
    say(f"\nThe projects, plans and ledgers stay in {folder}/")
    return max(codes)


def _clear(folder: Path) -> None:
    found = sorted(folder.iterdir()) if folder.is_dir() else [folder] if folder.exists() else []
    if foreign := [path.name for path in found if not _made_by_demo(path)]:
        named = ", ".join(foreign[:MOST]) + (f" and {len(foreign) - MOST:,} more" if foreign[MOST:] else "")
        raise SyncError(
            f"{folder} holds what no demo made: {named}; nothing was removed. "
            'Name a new folder: "territory demo --folder NEW"'
        )
    for path in found:
        shutil.rmtree(path)


def _made_by_demo(path: Path) -> bool:
    config = path / "config.yaml"
    secrets = SECRET_VARIABLES.get(path.name)
    return (
        secrets is not None
        and not path.is_symlink()
        and config.is_file()
        and all(name in config.read_text(encoding="utf-8", errors="replace") for name in secrets)
    )


def make_project(folder: Path, vendor: str, crm: Crm) -> Path:
    """A folder as an admin keeps it: config, rules, lists. Answers the config's path."""
    config = folder / "config.yaml"
    # First, since a demo that was stopped half way is known by it.
    write_text(config, _config(vendor, crm))
    with as_file(files("sync.demo")) as source:
        shutil.copytree(source / "lists", folder / "lists")
        shutil.copy(source / "rules.yaml", folder / "rules.yaml")
    return config


def _config(vendor: str, crm: Crm) -> str:
    told = crm.credentials
    if vendor == "salesforce":
        section = f"""  kind: salesforce
  org_id: {told["org_id"]}
  instance_url: {crm.url}
  local: true
  login:
    method: client_credentials
    client_id: {{env: DEMO_SALESFORCE_CLIENT_ID}}
    client_secret: {{env: DEMO_SALESFORCE_CLIENT_SECRET}}"""
    else:
        section = f"""  kind: hubspot
  portal_id: "{told["portal_id"]}"
  base_url: {crm.url}
  local: true
  token: {{env: DEMO_HUBSPOT_TOKEN}}"""
    return f"version: 1\ncrm:\n{section}\nwrites: enabled\n"


@contextmanager
def _secrets(vendor: str, crm: Crm) -> Iterator[None]:
    """The local CRM's credentials in the environment, where a connector looks for them."""
    told: Mapping[str, str] = {
        name: str(crm.credentials[key]) for name, key in SECRET_VARIABLES[vendor].items()
    }
    os.environ.update(told)
    try:
        yield
    finally:
        for name in told:
            del os.environ[name]


def _two_nights(config: Path, crm: Crm, say: Say) -> int:
    session = Session(load_project(config))
    with session.locked(), session.ledger() as ledger:
        connector = session.project.connect()
        try:
            steps = connector.setup_steps(session.project.output_fields())
            connector.setup(steps)
            say(f"setup created {len(steps)} things in the CRM (fields, and the right to use them)\n")
            plan = propose(session, ledger, pull(session, connector).snapshot)
            say(plan_text.render(plan, sample=5))
            report = session.project.state / "reports" / f"plan-{plan.short}.html"
            write_text(report, page.render(plan))
            _accept(session, say)
            first = enact(session, ledger, plan, connector)
            say(run_text.render(ledger, first))
            say(_explanation(session, plan.path.with_name("assignments.parquet")))
            say(f"The plan as a page: {report}\n")
            before = len(crm.history())
            _, second = night(session, ledger, connector, write=True)
            written = len(crm.history()) - before
        finally:
            connector.close()
    say(
        f"Second night: {'nothing to write' if second is None else 'see above'}; the CRM's own history counts {written} writes"
    )
    return FAILED if written or not _clean(first) else 0


def _accept(session: Session, say: Say) -> None:
    with session.ledger() as ledger:
        from sync.cli.session import find_plan

        plan = find_plan(session, ledger, None)
        if plan.breaches:
            say(
                "A first night moves more than any later one may. A person reads the plan and accepts each breach by name:\n"
            )
            approve(ledger, plan, by=session.actor, at=session.now(), accept=[b.name for b in plan.breaches])


def _clean(enacted: Enacted) -> bool:
    return str(enacted.run.state) == "done"


def _explanation(session: Session, assignments: Path) -> str:
    from sync.answers.explanation import tell
    from sync.report.explain_text import explain_text

    return explain_text(tell(session, _somebody(assignments)))


def _somebody(assignments: Path) -> str:
    """The first account that a rule of geography decided about: it has the most to explain."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(assignments, columns=["account_id", "level"])
    return str(table.filter(pc.field("level") == "geography")["account_id"][0].as_py())
