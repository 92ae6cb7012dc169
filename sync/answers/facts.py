"""Facts of one account of a snapshot: its own opportunities, and the accounts of its family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rules.explanation.facts import Fact, of_family, of_opportunities, opportunity_record
from rules.language.derived import OfFamily, OfOpportunities
from rules.language.record import normalise_record

if TYPE_CHECKING:
    from rules.decisions import Tables
    from rules.evaluate import Record
    from rules.language.ruleset import RuleSet
    from sync.answers.account import Ancestry, Row, Rows


def facts_of(
    rules: RuleSet, row: Row, values: Record, rows: Rows, tables: Tables, above: Ancestry
) -> dict[str, Fact]:
    """By derived field; files are read only where the rules have such a field."""
    deals = _deals(rules, rows, tables, [row["id"]]).get(row["id"], [])
    facts = {
        name: of_opportunities(derived, deals, rules)
        for name, derived in rules.derived.items()
        if isinstance(derived, OfOpportunities)
    }
    wanted = [derived for derived in rules.derived.values() if isinstance(derived, OfFamily)]
    if wanted:
        members = _members(rules, rows, tables, row, above)
        root = members.get(above.root["id"], values)
        facts |= {derived.name: of_family(derived, list(members.values()), root) for derived in wanted}
    return facts


def _deals(rules: RuleSet, rows: Rows, tables: Tables, ids: Sequence[str]) -> Mapping[str, list[Record]]:
    """Opportunities by account, as conditions see them; none where no rule asks for them."""
    if not any(isinstance(derived, OfOpportunities) for derived in rules.derived.values()):
        return {}
    marks = ", ".join("?" for _ in ids)
    query = f"SELECT * FROM read_parquet(?) WHERE account_id IN ({marks}) AND NOT coalesce(deleted, FALSE)"
    found: dict[str, list[Record]] = {}
    for deal in rows.all(query, str(tables.opportunities), *ids):
        found.setdefault(deal["account_id"], []).append(opportunity_record(deal, rules))
    return found


def _members(rules: RuleSet, rows: Rows, tables: Tables, row: Row, above: Ancestry) -> dict[str, Record]:
    """Everybody with the same ultimate parent, with the facts that families may ask for, by id."""
    ids = [row["id"]] if above.broken else _family(rules, rows, tables, above.root["id"])
    deals = _deals(rules, rows, tables, ids)
    members: dict[str, Record] = {}
    for id_, found in rows.by_id(tables.accounts, ids).items():
        own = normalise_record({name: found.get(name) for name in rules.fields}, rules).values
        facts = {
            name: of_opportunities(derived, deals.get(id_, []), rules).value
            for name, derived in rules.derived.items()
            if isinstance(derived, OfOpportunities)
        }
        members[id_] = {**own, **facts}
    return members


def _family(rules: RuleSet, rows: Rows, tables: Tables, root: str) -> list[str]:
    """Ids of everybody under the ultimate parent, itself included, level by level."""
    family, parent = rules.family, rules.family.parent_field.replace('"', '""')
    query = (
        "WITH RECURSIVE members(id, level) AS (SELECT ?, 0 UNION ALL "
        f'SELECT a.id, level + 1 FROM read_parquet(?) AS a JOIN members ON a."{parent}" = members.id '
        f"WHERE level < {family.most_levels}) SELECT DISTINCT id FROM members ORDER BY id"
    )
    return [found["id"] for found in rows.all(query, root, str(tables.accounts))]
