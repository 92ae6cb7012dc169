"""Who in the pod: weighted rendezvous hashing with bounded load.

Every account ranks the members by a seeded hash of account and member, the likelier first the more weight a
member has (highest -w / ln u with u uniform: Mosharaf Wang, Mirrokni, Thorup, Zadimoghaddam describe the
bounds in "Consistent Hashing with Bounded Loads", 2018; the weighted score is Schindelhauer and Schomaker's,
"Weighted Distributed Hash Tables", 2005). A member who is full passes the account on to its next choice.
Nothing depends on the order of rows, and a member who leaves moves hardly anybody else's accounts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules.engine.pods.shares import Share

SLACKS = (0.05, 0.03, 0.02, 0.01, 0.0)
"""Shares of its fair load that a member may take too many; a smaller one is tried where somebody gets too few."""
IN_TURN = (0.0,)
TOLERANCE = 0.05
Hashes = npt.NDArray[np.uint64]
Members = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Loads = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Room:
    """What the members of a pod hold, and how many more accounts they must and may take."""

    held: Counts
    least: Counts
    """Up to their floors; these come first."""
    most: Counts
    """Up to their caps; `UNLIMITED` where there is none."""


UNLIMITED = 2**62


def open_room(held: Sequence[int]) -> Room:
    """Of members without floors and caps."""
    count = len(held)
    return Room(np.array(held, np.int64), np.zeros(count, np.int64), np.full(count, UNLIMITED, np.int64))


def distribute(
    seed: str,
    accounts: Hashes,
    shares: Sequence[Share],
    room: Room,
    sizes: Counts | None = None,
    slacks: Sequence[float] = SLACKS,
) -> Members:
    """For every account the position of its member in `shares`, -1 where nobody may take more.

    `accounts` are seedless hashes of the account ids, in an order that depends on nothing but the ids; every
    share has a weight. An account stands for `sizes` of them (its family), which go as one, so the last family
    of a member may lead beyond the cap. With accounts of size 1 no load differs from the fair one by more than
    5 % and one account, save where a member keeps more than that already (see `fair_loads`).
    """
    sizes = np.ones(len(accounts), np.int64) if sizes is None else sizes
    fair = fair_loads(np.array([share.weight for share in shares]), room, int(sizes.sum()))
    scale = np.array([1.0 / share.weight for share in shares])
    seeds = np.array([_seed(seed, share.key) for share in shares], np.uint64)
    for slack in slacks:
        spaces = _spaces(fair, slack, room, int(sizes.sum()))
        placed = _place(accounts, sizes, seeds, scale, spaces)
        load = np.bincount(placed[placed >= 0], sizes[placed >= 0], len(shares)) + room.held
        if (load >= np.maximum(fair * (1 - TOLERANCE) - 1, np.minimum(fair, room.held + room.least))).all():
            break
    return placed


def preferences(seed: str, account: int, shares: Sequence[Share]) -> list[int]:
    """The positions of the members who take accounts, in the order in which one account asks them for room."""
    cost = {
        position: -np.log(_uniform(np.array([account ^ _seed(seed, share.key)], np.uint64))[0])
        * (1.0 / share.weight)
        for position, share in enumerate(shares)
        if share.takes
    }
    return sorted(cost, key=lambda position: float(cost[position]))


def fair_loads(weights: Loads, room: Room, count: int) -> Loads:
    """Loads in proportion to the weights that add up to all accounts, held ones and `count` new ones.

    Who holds more than the proportion keeps it, nobody gets more than the cap and nobody less than the floor;
    the others share the rest in proportion (water-filling). Where floors alone take everything, all members
    rise together towards theirs; where everybody is full, the rest has no place.
    """
    low, high = room.held + room.least, np.minimum(room.held + room.most, UNLIMITED)
    total = int(room.held.sum()) + count
    if total <= low.sum():
        weights, low, high = np.ones(len(weights)), room.held, low
    return _filled(weights, low.astype(np.float64), high.astype(np.float64), float(total))


def _filled(weights: Loads, low: Loads, high: Loads, total: float) -> Loads:
    """clip(level * weights, low, high) at the level where it adds up to the total, or as near as it goes."""
    levels = np.unique(np.concatenate([low / weights, high[high < UNLIMITED] / weights[high < UNLIMITED]]))
    sums = np.array([np.clip(level * weights, low, high).sum() for level in levels])
    at = int(np.searchsorted(sums, total, side="right"))
    if at == 0:
        return low
    level = levels[at - 1]
    # Between two levels only these grow, each by its weight.
    growing = (low <= level * weights) & (level * weights < high)
    if growing.any():
        level += (total - sums[at - 1]) / weights[growing].sum()
    filled: Loads = np.clip(level * weights, low, high)
    return filled


def _spaces(fair: Loads, slack: float, room: Room, count: int) -> Counts:
    """How many new accounts each member may take: at least as many in all as there are, if the caps allow it."""
    wanted = np.floor(fair * (1 + slack) + 1e-9).astype(np.int64) - room.held
    spaces: Counts = np.clip(wanted, np.minimum(0, room.most), room.most)
    rest = fair - np.floor(fair + 1e-9)
    while (short := count - int(spaces.sum())) > 0:
        # Rounding left some over: to those with the largest remainders, as seats are apportioned.
        open_to_more = np.flatnonzero((room.held <= fair) & (spaces < room.most))
        if not len(open_to_more):
            break
        order = open_to_more[np.argsort(-rest[open_to_more], kind="stable")][:short]
        spaces[order] += 1
    return spaces


def _place(accounts: Hashes, sizes: Counts, seeds: Hashes, scale: Loads, spaces: Counts) -> Members:
    """Every account to its first choice that has room; who is over-subscribed keeps those who want it most."""
    placed = np.full(len(accounts), -1, np.int32)
    spaces = spaces.copy()
    waiting = np.arange(len(accounts))
    while len(waiting) and (spaces > 0).any():
        choice, cost = _first_choices(accounts[waiting], seeds, scale, np.flatnonzero(spaces > 0))
        for member in np.unique(choice):
            wanting = np.flatnonzero(choice == member)
            if sizes[waiting[wanting]].sum() > spaces[member]:
                nearest = wanting[np.argsort(cost[wanting], kind="stable")]
                taken = sizes[waiting[nearest]]
                wanting = nearest[np.cumsum(taken) - taken < spaces[member]]
            placed[waiting[wanting]] = member
            spaces[member] -= sizes[waiting[wanting]].sum()
        waiting = waiting[placed[waiting] < 0]
    return placed


def _first_choices(
    accounts: Hashes, seeds: Hashes, scale: npt.NDArray[np.float64], members: npt.NDArray[np.int64]
) -> tuple[Members, npt.NDArray[np.float64]]:
    """The member of least cost -ln(u) / w for every account, and that cost."""
    best = np.full(len(accounts), np.inf)
    choice = np.full(len(accounts), members[0], np.int32)
    for member in members:
        cost = -np.log(_uniform(accounts ^ seeds[member])) * scale[member]
        nearer = cost < best
        best[nearer] = cost[nearer]
        choice[nearer] = member
    return choice, best


def _uniform(numbers: Hashes) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1) by the finaliser of splitmix64 (Steele, Lea, Flood 2014), 53 bits of it."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _seed(pod: str, member: str) -> int:
    digest = hashlib.blake2b(f"{pod}\0{member}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
