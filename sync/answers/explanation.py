"""Why one account is where it is: the rules tried on its values, what is around it, and what the latest plan does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from rules.derive import derive
from rules.engine.pods.owners import Owners, owners_of
from rules.explanation.derivations import Derivation, derivations
from rules.explanation.explain import Around, Explanation, explain_record
from rules.explanation.facts import Fact
from rules.language.reading.problems import did_you_mean
from rules.language.record import NormalisedRecord, normalise_record
from rules.language.ruleset import holders_of
from rules.language.today import on_day
from sync.answers.account import Ancestry, Row, Rows, ancestry, find_account
from sync.answers.facts import facts_of
from sync.answers.latest import latest_plan
from sync.answers.picks import Pick, Planned, pick_of
from sync.errors import SyncError
from sync.log import inert
from sync.memory import last
from sync.scratch import scratch
from sync.snapshot import Snapshot
from sync.snapshot import load as load_snapshot
from sync.today import today_of

if TYPE_CHECKING:
    from pathlib import Path

    from rules.language.ruleset import RuleSet
    from rules.proof.whynot import WhyNot
    from sync.session import Session


@dataclass(frozen=True, slots=True)
class RoleTold:
    """One role of the account."""

    explanation: Explanation
    parent: Explanation | None
    """How the ultimate parent comes out, where the account follows it or is in its territory."""
    planned: Row | None
    """The row of the latest plan's assignments."""
    pick: Pick | None
    """The pod that shares the account out, its own or its ultimate parent's."""
    holder: str | None
    """Id of the present owner in the role."""

    @property
    def territory(self) -> str | None:
        """The account's own, or that of its ultimate parent."""
        return self.explanation.territory if self.parent is None else self.parent.territory


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is said of one account; `names` are people by id."""

    row: Row
    as_of: date
    record: NormalisedRecord
    roles: tuple[RoleTold, ...]
    family: Ancestry
    derived: tuple[Derivation, ...]
    names: Mapping[str, str]
    why_not: WhyNot | None = None
    """What would have to change for the rule that was asked for to win."""


def tell(session: Session, wanted: str, role: str | None = None, why_not: str | None = None) -> Told:
    """All about one account of the last snapshot; SyncError where there is none, or no such role or rule."""
    rules = session.project.rules()
    if role is not None and role not in rules.roles:
        raise SyncError(f"no role is called {role!r}; the rules have {', '.join(rules.roles)}")
    with telling(session, rules) as teller:
        row = find_account(teller.rows, teller.snapshot.tables.accounts, wanted)
        told = teller.tell(row, rules.roles if role is None else (role,))
        return told if why_not is None else replace(told, why_not=_why_not(teller, told, why_not))


def _why_not(teller: Teller, told: Told, rule: str) -> WhyNot:
    from rules.proof.whynot import WhyNot, why_not

    ids = [found.id for found in teller.rules.rules]
    if rule not in ids:
        hint = did_you_mean(rule, ids)
        raise SyncError(
            f"no rule that counts on {told.as_of} is called {rule!r}" + (f"; {hint}" if hint else "")
        )
    over = {
        tried.rule.id: tried.passed_over
        for explained in teller.explained(told.row)
        for tried in explained.tried
        if tried.passed_over
    }
    if rule in over:
        return WhyNot(rule, None, because=over[rule])
    still = tuple(found for found in teller.rules.rules if found.id not in over)
    return why_not(replace(teller.rules, rules=still), told.record.values, rule)


@contextmanager
def telling(session: Session, rules: RuleSet, day: date | None = None) -> Iterator[Teller]:
    """What explanations of the last snapshot are read from; SyncError where nothing was pulled yet."""
    snapshot = load_snapshot(session.snapshots)
    if snapshot is None:
        raise SyncError('nothing was pulled yet; do so with "territory pull"')
    as_of = day or today_of(session, rules)
    plan = latest_plan(session.project.state / "ledger.sqlite")
    planned = session.plans / (plan or "none")[:12] / "assignments.parquet"
    with scratch() as con:
        rows = Rows(con)
        found = rows.all(
            "SELECT id, name, email, active, person, deleted FROM read_parquet(?)",
            str(snapshot.tables.owners),
        )
        people = owners_of(found, rules.reps, as_of, snapshot.tables.owners)
        yield Teller(
            rows,
            snapshot,
            on_day(rules, as_of),
            as_of,
            people,
            {row["id"]: inert(row["name"] or row["email"] or row["id"]) for row in found},
            last(session),
            planned if planned.is_file() else None,
        )


@dataclass(frozen=True, slots=True)
class Teller:
    """Explains accounts of one snapshot on one day; `rules` are those of the day."""

    rows: Rows
    snapshot: Snapshot
    rules: RuleSet
    as_of: date
    owners: Owners
    names: Mapping[str, str]
    memory: Path | None
    planned: Path | None

    def tell(self, row: Row, roles: Sequence[str]) -> Told:
        """Everything about one account in these roles."""
        above = self._ancestry(row)
        subject = self._subject(row, above)
        explained = {e.role: e for e in self._explained(subject) if e.role in roles}
        parents: Mapping[str, Explanation] = {}
        if any(e.in_parents_territory for e in explained.values()) and not above.broken:
            parents = {e.role: e for e in self._explained(self._subject(above.root, Ancestry((above.root,))))}
        planned = self._planned(row["id"])
        told = tuple(self._role(row, e, parents.get(e.role), planned.get(e.role)) for e in explained.values())
        derived = derivations(self.rules, subject.record.values, subject.facts, subject.bands)
        return Told(row, self.as_of, subject.record, told, above, derived, self.names)

    def explained(self, row: Row) -> tuple[Explanation, ...]:
        """How the rules alone decide about the account, in every role."""
        return self._explained(self._subject(row, self._ancestry(row)))

    def _role(
        self, row: Row, found: Explanation, parent: Explanation | None, planned: Row | None
    ) -> RoleTold:
        parent = parent if found.in_parents_territory else None
        winner = parent.winner if parent is not None and found.follows else found.winner
        pick = None
        if winner is not None and winner.pod is not None:
            plan = Planned(planned, self.planned)
            pick = pick_of(
                winner.pod, found.role, row["id"], plan, self.rules, self.owners, self.rows, self.as_of
            )
        holder = holders_of(self.rules).get(found.role)
        return RoleTold(found, parent, planned, pick, row.get(holder) if holder else None)

    def _explained(self, subject: Subject) -> tuple[Explanation, ...]:
        return explain_record(subject.raw, subject.record, self.rules, self.as_of, subject.around)

    def _subject(self, row: Row, above: Ancestry) -> Subject:
        raw = {name: row.get(name) for name in self.rules.fields if name not in self.rules.derived}
        read = normalise_record(raw, self.rules)
        remembered = self._remembered(row["id"])
        bands = {key[5:]: value for key, (value, _) in remembered.items() if key.startswith("band:")}
        since = {key[5:]: day for key, (_, day) in remembered.items() if key.startswith("hold:") and day}
        facts = facts_of(self.rules, row, read.values, self.rows, self.snapshot.tables, above)
        known = {**read.values, **{name: fact.value for name, fact in facts.items()}}
        record = NormalisedRecord(derive(known, self.rules, bands), read.issues)
        around = Around(self._owned(row), above.has_parent, above.broken is not None, since)
        return Subject(raw, record, around, facts, bands)

    def _owned(self, row: Row) -> frozenset[str]:
        usable = {owner.id for owner in self.owners.all if owner.usable}
        return frozenset(role for role, field in holders_of(self.rules).items() if row.get(field) in usable)

    def _ancestry(self, row: Row) -> Ancestry:
        family = self.rules.family
        return ancestry(
            self.rows,
            self.snapshot.tables.accounts,
            row,
            family.parent_field,
            family.most_levels,
            self.rules.missing_values,
        )

    def _remembered(self, account_id: str) -> dict[str, tuple[str | None, date | None]]:
        if self.memory is None:
            return {}
        query = "SELECT key, value, since FROM read_parquet(?) WHERE account_id = ?"
        found = self.rows.all(query, str(self.memory), account_id)
        return {row["key"]: (row["value"], row["since"]) for row in found}

    def _planned(self, account_id: str) -> dict[str, Row]:
        if self.planned is None:
            return {}
        query = "SELECT * FROM read_parquet(?) WHERE account_id = ?"
        return {row["role"]: row for row in self.rows.all(query, str(self.planned), account_id)}


@dataclass(frozen=True, slots=True)
class Subject:
    """One account as rules see it: as the CRM has it, normalised with derived fields, and what is around it."""

    raw: Row
    record: NormalisedRecord
    around: Around
    facts: Mapping[str, Fact]
    bands: Mapping[str, str | None]
    """Those of the last night, by derived field."""
