"""Families: what is decided for the ultimate parent goes for everybody who follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rules.engine.outcomes import NO_TERRITORY, OF_THE_PARENT, Catalogue, Outcome
from rules.engine.relations import Database
from rules.engine.settled import NOBODY, Numbers, Settled
from rules.engine.turns import Turns
from rules.language.ruleset import Rule
from rules.sentences import following_sentence
from rules.tables import Decision, ReasonCode

UNDECIDED = frozenset({Decision.UNASSIGNED, Decision.REVIEW})


@dataclass(frozen=True, slots=True)
class Children:
    """Rows of `decided` whose territory is their ultimate parent's, with that one's plan; -1 is none."""

    following: Mapping[int, Rule]
    """Outcomes by which the owner is the parent's too; with another one a hold keeps the child's own."""
    rows: Numbers
    outcomes: Numbers
    owners: Numbers
    roots: Numbers
    """Rows of the ultimate parents."""
    root_outcomes: Numbers
    root_owners: Numbers
    root_pods: Numbers
    root_territories: Numbers

    @property
    def follows(self) -> npt.NDArray[np.bool_]:
        """Those whose rule follows."""
        return np.isin(self.outcomes, list(self.following))

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Those who go where an ultimate parent goes."""
        return self.follows & (self.roots >= 0)

    @property
    def along(self) -> npt.NDArray[np.bool_]:
        """Those of them who have no owner of their own to keep, and count with the parent."""
        return self.moved & (self.owners < 0)


def children_of(database: Database, role: int, turns: Turns) -> Children:
    """Everybody who follows in the role; nobody where no rule says so."""
    none = [np.empty(0, np.int32)] * 8
    parts: list[list[Numbers]] = []
    if turns.follows:
        query = (
            f"SELECT child.number, child.outcome_{role}, child.owner_{role}, above.number, above.outcome_{role}, "
            f"above.owner_{role}, above.pod_{role}, above.territory_{role} "
            "FROM decided AS child LEFT JOIN decided AS above ON above.id = child.root "
            f"WHERE child.territory_{role} = {OF_THE_PARENT}"
        )
        parts = [[_numbers(column) for column in batch.columns] for batch in database.batches(query, 1 << 17)]
    columns = [np.concatenate(found) for found in zip(none, *parts, strict=True)]
    return Children(turns.follows, *columns)


def _numbers(column: pa.Array) -> Numbers:
    found: Numbers = column.cast(pa.int32()).fill_null(NOBODY).to_numpy(zero_copy_only=False)
    return found


def follow(found: Children, turns: Turns, catalogue: Catalogue, settled: Settled) -> None:
    """Gives everybody who follows the final outcome of the ultimate parent; pods have been shared out."""
    if not len(found.rows):
        return
    has_root, moved = found.roots >= 0, found.moved
    at = np.where(has_root, found.roots, 0)
    parents = settled.at("outcome", at, found.root_outcomes)[moved]
    owners = settled.at("owner", at, found.root_owners)[moved]
    settled.change("territory", found.rows, np.where(has_root, found.root_territories, NO_TERRITORY))
    # Who may keep an owner of his own does so only where the parent has a place: nobody else may show one.
    settled.change("owner", found.rows[found.follows & ~has_root], np.array(NOBODY))
    own = found.owners[moved]
    numbers = _outcomes(found.outcomes[moved], parents, own >= 0, turns.follows, catalogue)
    settled.change("outcome", found.rows[moved], numbers)
    kept = np.array([outcome.decision is Decision.KEPT for outcome in catalogue.outcomes])[numbers]
    undecided = np.array([outcome.decision in UNDECIDED for outcome in catalogue.outcomes])[numbers]
    given = np.where(kept, own, owners)
    settled.change("owner", found.rows[moved], np.where(undecided, NOBODY, given))


def _outcomes(
    rules: Numbers,
    parents: Numbers,
    keeps: npt.NDArray[np.bool_],
    follows: Mapping[int, Rule],
    catalogue: Catalogue,
) -> Numbers:
    """The outcome of every combination that there is, numbered in their order and not in that of rows."""
    different, which = np.unique(np.stack([rules, parents, keeps], axis=1), axis=0, return_inverse=True)
    made = [
        catalogue.number_of(_followed(follows[rule], catalogue.outcomes[parent], bool(keep)))
        for rule, parent, keep in different.tolist()
    ]
    return np.array(made, np.int32)[which.reshape(-1)]


def _followed(rule: Rule, parent: Outcome, keeps: bool) -> Outcome:
    decision, code = Decision.ASSIGNED, ReasonCode.FAMILY
    if parent.decision in UNDECIDED:
        decision, code = parent.decision, ReasonCode.FAMILY_UNDECIDED
    elif keeps:
        decision, code = Decision.KEPT, ReasonCode.ONLY_UNASSIGNED
    reason = following_sentence(rule, parent.reason)
    return Outcome(parent.role, decision, code, rule.id, rule.level, NO_TERRITORY, reason)
