"""Third part of the relational plan: the first matching bit in, what it means out."""

from __future__ import annotations

from collections.abc import Sequence

from rules.engine.compiled import Compiled
from rules.engine.masking.masks import BITS
from rules.engine.matching import matched
from rules.engine.turns import Turns


def bits(ready: Compiled, passed: Sequence[str]) -> str:
    """The query of the first matching bits over `classed`, beside the columns that are passed on."""
    masks = (*ready.masks, *ready.askers)
    return matched(ready.classes, masks, ready.asked.rules, passed, [beneath(t) for t in ready.turns])


def passed_on(ready: Compiled) -> list[str]:
    """The columns of `classed` that deciding needs beside the bits."""
    holders = [f"holder_{role}" for role in range(len(ready.roles))]
    return ["id", "issues", *holders, *(["root"] if ready.follows else [])]


def decided(ready: Compiled, matched_bits: str | None = None) -> str:
    """The query of all outcomes over `classed`: id, issues, and per role r `outcome_r`, `owner_r`, `pod_r`.

    `owner_r` is null where nobody is given, or where `pod_r` says that the pod is still to share it out.
    Where the territory is not the outcome's own there is `territory_r`; with families there is the `root`,
    and for the n-th hold that ends by itself `asked_n`, whether its condition is true. `matched_bits` is a
    query of the bits and of what is passed on, where they are known without `classed`.
    """
    roles = range(len(ready.roles))
    inner = matched_bits or bits(ready, passed_on(ready))
    outputs = ["matched.id AS id", "issues", *(["root"] if ready.follows else [])]
    for role in roles:
        outputs += _outcome(role, ready.turns[role])
    outputs += [f"bit_{len(roles) + number} >= 0 AS asked_{number}" for number in range(len(ready.timed))]
    joins = " ".join(_turn(role, ready.turns[role]) for role in roles)
    return f"SELECT {', '.join(outputs)} FROM ({inner}) AS matched {joins}"


def beneath(turns: Turns) -> tuple[int, ...] | None:
    """The bits that have a territory, as words; None where every bit has its own."""
    if not any(turns.borrows):
        return None
    words = [turns.borrows[first : first + BITS] for first in range(0, len(turns.borrows), BITS)]
    return tuple(sum(1 << bit for bit, borrows in enumerate(word) if not borrows) for word in words)


def _turn(role: int, turns: Turns) -> str:
    """The turn that the bit means, whether the present owner is in its pod, and whose territory it borrows."""
    joins = (
        f"JOIN turns_{role} AS t{role} ON t{role}.bit = bit_{role} "
        f"LEFT JOIN members AS m{role} ON m{role}.pod = t{role}.pod AND m{role}.owner = holder_{role}"
    )
    if any(turns.borrows):
        joins += f" JOIN turns_{role} AS b{role} ON b{role}.bit = beneath_{role}"
    return joins


def _outcome(role: int, turns: Turns) -> list[str]:
    turn, holder = f"t{role}", f"holder_{role}"
    keeps = f"{turn}.kept IS NOT NULL AND {holder} IS NOT NULL"
    stays = f"m{role}.owner IS NOT NULL"
    found = [
        f"CASE WHEN {keeps} THEN {turn}.kept WHEN {stays} THEN {turn}.sticky ELSE {turn}.outcome END AS outcome_{role}",
        f"CASE WHEN {keeps} OR {stays} THEN {holder} ELSE {turn}.owner END AS owner_{role}",
        f"{turn}.pod AS pod_{role}",
    ]
    if any(turns.borrows):
        found.append(f"coalesce({turn}.territory, b{role}.territory) AS territory_{role}")
    elif turns.follows:
        found.append(f"{turn}.territory AS territory_{role}")
    return found
