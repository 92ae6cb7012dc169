"""What the config and the rules want of the CRM's own territories, and the files that tell of them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from connectors.records import RecordKind
from sync.errors import ConfigProblem
from sync.territories.changes import Memberships
from sync.territories.people import people

if TYPE_CHECKING:
    import pyarrow as pa

    from connectors.base import Capabilities
    from rules.language.ruleset import RuleSet
    from sync.config import Project
    from sync.ledger import Ledger
    from sync.snapshot import Snapshot


def wanted_memberships(
    project: Project, rules: RuleSet, snapshot: Snapshot, ledger: Ledger, as_of: date
) -> Memberships | None:
    """None where the config leaves the CRM's territories alone; ConfigProblem for a role that no rule has."""
    config = project.config.outputs.territories
    if config is None:
        return None
    for role in config.roles or ():
        if role not in rules.roles:
            raise ConfigProblem(
                f"{project.path}: outputs.territories.roles names {role!r}; the rules have {', '.join(rules.roles)}"
            )
    return Memberships(
        names=config.names,
        roles=config.roles,
        users=config.users,
        territories=snapshot.path(RecordKind.TERRITORIES),
        territory_accounts=snapshot.path(RecordKind.TERRITORY_ACCOUNTS),
        territory_users=snapshot.path(RecordKind.TERRITORY_USERS),
        known=_known(ledger),
        people=people(rules, as_of, config.roles) if config.users else (),
    )


def require_territories(project: Project, capabilities: Capabilities) -> None:
    """ConfigProblem where the config wants territories of a CRM that has none."""
    if project.config.outputs.territories and RecordKind.TERRITORY_ACCOUNTS not in capabilities.also:
        raise ConfigProblem(
            f"{project.path}: outputs.territories is for CRMs that keep territories themselves, and "
            f"{project.plugin.kind} keeps none; leave it out"
        )


def _known(ledger: Ledger) -> pa.Table:
    import pyarrow as pa

    schema = pa.schema([(name, pa.string()) for name in ("record_id", "field", "value")])
    chunks = (
        pa.RecordBatch.from_arrays(
            [pa.array(column, pa.string()) for column in zip(*rows, strict=True)], schema=schema
        )
        for rows in ledger.sets_written()
    )
    return pa.Table.from_batches(chunks, schema)
