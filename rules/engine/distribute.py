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

import numpy as np
import numpy.typing as npt

from rules.engine.owners import Share

SLACKS = (0.05, 0.03, 0.02, 0.01, 0.0)
"""Shares of its fair load that a member may take too many; a smaller one is tried where somebody gets too few."""
TOLERANCE = 0.05
Hashes = npt.NDArray[np.uint64]
Members = npt.NDArray[np.int32]


def distribute(seed: str, accounts: Hashes, shares: Sequence[Share], held: Sequence[int]) -> Members:
    """For every account the position of its member in `shares`.

    `accounts` are seedless hashes of the account ids, in an order that depends on nothing but the ids;
    `held` counts the accounts that each member keeps anyway. No load differs from the fair share by more than
    5 % and one account, save where a member keeps more than that already (see `fair_loads`).
    """
    fair = fair_loads(np.array([share.weight for share in shares]), np.array(held), len(accounts))
    scale = np.array([1.0 / share.weight for share in shares])
    seeds = np.array([_seed(seed, share.key) for share in shares], np.uint64)
    for slack in SLACKS:
        room = _room(fair, slack, np.array(held), len(accounts))
        placed = _place(accounts, seeds, scale, room)
        load = np.bincount(placed, minlength=len(shares)) + held
        if (load >= fair * (1 - TOLERANCE) - 1).all():
            break
    return placed


def fair_loads(
    weights: npt.NDArray[np.float64], held: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.float64]:
    """Loads in proportion to the weights that add up to all accounts, held ones and `count` new ones.

    Who holds more than the proportion keeps it; the others share the rest in proportion (water-filling).
    """
    over = np.zeros(len(weights), np.bool_)
    while True:
        rest = held.sum() + count - held[over].sum()
        fair: npt.NDArray[np.float64] = np.where(
            over, held, rest * weights / max(weights[~over].sum(), np.finfo(float).tiny)
        )
        more = ~over & (held > fair + 1e-9)
        if not more.any():
            return fair
        over |= more


def _room(
    fair: npt.NDArray[np.float64], slack: float, held: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """How many new accounts each member may take: at least as many in all as there are."""
    room: npt.NDArray[np.int64] = np.maximum(np.floor(fair * (1 + slack) + 1e-9).astype(np.int64) - held, 0)
    short = count - int(room.sum())
    if short > 0:
        # Rounding left some over: to those with the largest remainders, as seats are apportioned.
        open_to_more = np.flatnonzero(held <= fair)
        order = open_to_more[np.argsort(-(fair - np.floor(fair + 1e-9))[open_to_more], kind="stable")]
        np.add.at(room, np.resize(order, short), 1)
    return room


def _place(
    accounts: Hashes, seeds: Hashes, scale: npt.NDArray[np.float64], room: npt.NDArray[np.int64]
) -> Members:
    """Every account to its first choice that has room; who is over-subscribed keeps those who want it most."""
    placed = np.full(len(accounts), -1, np.int32)
    room = room.copy()
    waiting = np.arange(len(accounts))
    while len(waiting):
        choice, cost = _first_choices(accounts[waiting], seeds, scale, np.flatnonzero(room > 0))
        for member in np.unique(choice):
            wanting = np.flatnonzero(choice == member)
            if len(wanting) > room[member]:
                nearest = np.argsort(cost[wanting], kind="stable")[: room[member]]
                wanting = wanting[nearest]
            placed[waiting[wanting]] = member
            room[member] -= len(wanting)
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
