"""Programs that share an app's calls and know of each other by headers only, in simulated time."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.hubspot.wire.limits import Limits

ALLOWED, THREADS, LATENCY = 190, 12, 0.15


@dataclass
class World:
    """A portal and some programs of many threads each; every call takes a while, none the same."""

    programs: int
    later: float
    seed: int
    jitter: float
    now: float = 1000.0
    events: list[tuple[float, int, str, int, Any]] = field(default_factory=list)
    window: deque[float] = field(default_factory=deque)
    served: list[tuple[float, int]] = field(default_factory=list)
    refused: int = 0

    def run(self, seconds: float) -> None:
        chance, number = random.Random(self.seed), itertools.count()
        limits = [Limits(lambda: self.now, lambda seconds: None) for _ in range(self.programs)]
        ready, taking = [0] * self.programs, [False] * self.programs

        def at(when: float, what: str, program: int, told: Any = None) -> None:
            heapq.heappush(self.events, (when, next(number), what, program, told))

        for program, thread in itertools.product(range(self.programs), range(THREADS)):
            at(1000.0 + self.later * program + (1.0 if thread else 0.0), "ready", program)
        while self.events[0][0] < 1000.0 + seconds:
            self.now, _, what, program, told = heapq.heappop(self.events)
            if what == "ready":
                ready[program] += 1
                if not taking[program]:
                    taking[program] = True
                    at(self.now, "turn", program)
            elif what == "turn":
                delay = limits[program]._delay(self.now, False)
                limits[program]._count(self.now + max(0.0, delay), False)
                at(self.now + max(0.0, delay), "leave", program)
            elif what == "leave":
                ready[program] -= 1
                taking[program] = ready[program] > 0
                at(self.now + LATENCY + chance.random() * self.jitter, "arrive", program, self.now)
                if taking[program]:
                    at(self.now, "turn", program)
            elif what == "arrive":
                is_let_in = self._let_in(program)
                at(self.now + 0.01, "answer", program, (told, ALLOWED - len(self.window), is_let_in))
            else:
                left, remaining, is_let_in = told
                limits[program].learn(_headers(remaining), left)
                at(self.now if is_let_in else self.now + 10, "ready", program)

    def _let_in(self, program: int) -> bool:
        while self.window and self.window[0] <= self.now - 10:
            self.window.popleft()
        if len(self.window) >= ALLOWED:
            self.refused += 1
            return False
        self.window.append(self.now)
        self.served.append((self.now, program))
        return True

    def made(self, program: int, begin: float, end: float) -> int:
        return sum(p == program and begin <= at - 1000.0 < end for at, p in self.served)


def _headers(remaining: int) -> dict[str, str]:
    name = "X-HubSpot-RateLimit-"
    told = {"Max": ALLOWED, "Remaining": remaining, "Interval-Milliseconds": 10_000}
    return {name + key: str(value) for key, value in told.items()}


@pytest.mark.parametrize("jitter", [0.0, 0.1])
@pytest.mark.parametrize("seed", [1, 2])
def test_one_program_keeps_the_rate_and_is_never_refused(seed: int, jitter: float) -> None:
    world = World(1, 0.0, seed, jitter)
    world.run(130)
    assert world.refused == 0
    assert world.made(0, 0, 121) >= 0.95 * ALLOWED * 12


@pytest.mark.parametrize("later", [0.5, 3.0, 37.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_two_programs_soon_have_half_each(seed: int, later: float) -> None:
    """The first has it all when the second comes; half a minute on they share, and no call is for nothing."""
    world = World(2, later, seed, 0.05)
    world.run(later + 145)
    shares = [world.made(program, later + 40, later + 140) for program in (0, 1)]
    assert sum(shares) >= 0.93 * ALLOWED * 10
    assert min(shares) >= 0.9 * max(shares)
    assert world.refused <= 0.01 * len(world.served)


def test_three_programs_still_get_on() -> None:
    """Each believes that half is its own, so that they meet now and then; nobody is left without."""
    world = World(3, 5.0, 1, 0.05)
    world.run(155)
    shares = [world.made(program, 50, 150) for program in (0, 1, 2)]
    assert sum(shares) >= 0.85 * ALLOWED * 10
    assert min(shares) >= 0.7 * max(shares)
    assert world.refused <= 0.1 * len(world.served)
