"""Families: what is decided for the ultimate parent goes for everybody who follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    """Rows of `decided` whose territory is their ultimate parent's, with that one's row; -1 is none."""

    rows: Numbers
    outcomes: Numbers
    owners: Numbers
    roots: Numbers
    root_outcomes: Numbers
    root_owners: Numbers
    root_territories: Numbers


def follow(database: Database, role: int, turns: Turns, catalogue: Catalogue, settled: Settled) -> None:
    """Gives everybody who follows the final outcome of the ultimate parent; pods have been shared out."""
    if not turns.follows:
        return
    found = _children(database, role)
    has_root = found.roots >= 0
    at = np.where(has_root, found.roots, 0)
    parents = settled.at("outcome", at, found.root_outcomes)
    owners = settled.at("owner", at, found.root_owners)
    places = np.where(has_root, found.root_territories, NO_TERRITORY)
    settled.change("territory", found.rows, places)
    follows = np.isin(found.outcomes, list(turns.follows))
    # Who keeps an owner of his own does so only where the parent has a place: nobody else may show one.
    settled.change("owner", found.rows[follows & ~has_root], np.array(NOBODY))
    moved = follows & has_root
    keeps = found.owners[moved] >= 0
    numbers = _outcomes(found.outcomes[moved], parents[moved], keeps, turns.follows, catalogue)
    settled.change("outcome", found.rows[moved], numbers)
    kept = np.array([outcome.decision is Decision.KEPT for outcome in catalogue.outcomes])[numbers]
    undecided = np.array([outcome.decision in UNDECIDED for outcome in catalogue.outcomes])[numbers]
    given = np.where(kept, found.owners[moved], owners[moved])
    settled.change("owner", found.rows[moved], np.where(undecided, NOBODY, given))


def _children(database: Database, role: int) -> Children:
    query = (
        f"SELECT child.number AS a, child.outcome_{role} AS b, child.owner_{role} AS c, above.number AS d, "
        f"above.outcome_{role} AS e, above.owner_{role} AS f, above.territory_{role} AS g "
        "FROM decided AS child LEFT JOIN decided AS above ON above.id = child.root "
        f"WHERE child.territory_{role} = {OF_THE_PARENT}"
    )
    none = [np.empty(0, np.int32)] * 7
    parts = [
        [column.cast("int32").fill_null(NOBODY).to_numpy(zero_copy_only=False) for column in batch.columns]
        for batch in database.batches(query, 1 << 17)
    ]
    return Children(*(np.concatenate(columns) for columns in zip(none, *parts, strict=True)))


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
