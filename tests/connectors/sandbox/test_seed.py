"""The sample data: the same for every vendor, repeatable, and as uneven and dirty as real data."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from connectors.sandbox.seed import Seed, activities, companies, deals, owners, parents, people
from connectors.sandbox.seed_company import DAY

NOW = 1_790_000_000_000
SEED = Seed(accounts=4_000, reps=40, seed=3)


def whole(chunks: Any) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = {}
    for chunk in chunks:
        for name, values in chunk.items():
            made.setdefault(name, []).extend(values)
    return made


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data() -> None:
    for make in (companies, deals, activities):
        assert whole(make(SEED, NOW)) == whole(make(SEED, NOW))
        assert whole(make(SEED, NOW)) != whole(make(Seed(4_000, 40, 4), NOW))
    assert people(SEED) == people(SEED)


def test_a_later_clock_moves_the_instants_and_nothing_else() -> None:
    now, later = whole(companies(SEED, NOW)), whole(companies(SEED, NOW + DAY))
    for name, values in now.items():
        assert (values == later[name]) is (name not in ("created", "modified")), name


def test_families_are_up_to_three_deep_and_never_circular() -> None:
    parent = parents(SEED).tolist()
    depths = Counter()
    for number in range(len(parent)):
        depth, seen = 0, {number}
        while (number := parent[number]) >= 0:
            assert number not in seen
            seen.add(number)
            depth += 1
        depths[depth] += 1
    assert set(depths) == {0, 1, 2}
    assert depths[0] > 0.8 * len(parent)
    assert max(Counter(p for p in parent if p >= 0).values()) > 10


def test_books_differ_some_accounts_are_unowned_and_some_belong_to_who_left() -> None:
    staff = {person.number: person for person in people(SEED)}
    book = Counter(owners(SEED).tolist())
    assert 0.05 < book.pop(-1) / 4_000 < 0.11
    gone = sum(size for number, size in book.items() if not staff[number].active)
    assert 0.03 < gone / 4_000 < 0.09
    active = [size for number, size in book.items() if staff[number].active]
    assert max(active) > 3 * min(active)
    assert {person.role for person in staff.values()} == {"rep", "admin", "integration", "queue"}


def test_sizes_are_heavy_tailed() -> None:
    size = sorted(e for e in whole(companies(SEED, NOW))["employees"] if e is not None)
    assert sum(size[-40:]) > 0.3 * sum(size)
    assert size[len(size) // 2] < 200


def test_places_are_misspelt_missing_and_short_of_their_zeros() -> None:
    data = whole(companies(SEED, NOW))
    usa = {c for c, code in zip(data["country"], data["country_code"], strict=True) if code == "US"}
    assert {"United States", "USA", "US", None} <= usa
    zips = [
        z for z, code in zip(data["postal_code"], data["country_code"], strict=True) if code == "US" and z
    ]
    lengths = Counter(len(z) for z in zips)
    assert lengths[4] > 5
    assert lengths[10] > 100
    assert any(z.startswith("0") for z in zips)
    websites = data["website"]
    assert any(w and w.endswith("gmail.com") for w in websites)
    assert {"N/A", "-", " "} & set(data["state"])
    assert any(not name.isascii() for name in data["name"])


def test_activities_lie_within_the_last_180_days_and_only_tasks_lie_ahead() -> None:
    data = whole(activities(SEED, NOW))
    assert len(data["number"]) == 16_000
    assert {"call", "email", "meeting", "task", "note"} == set(data["type"])
    for kind, occurred, done in zip(data["type"], data["occurred"], data["done"], strict=True):
        assert done is (occurred <= NOW)
        assert occurred >= NOW - 181 * DAY
        assert done or kind == "task"
    assert max(data["modified"]) < NOW


def test_a_few_accounts_have_most_of_the_activity() -> None:
    busy = sorted(Counter(whole(activities(SEED, NOW))["company"]).values(), reverse=True)
    assert sum(busy[:400]) > 0.25 * sum(busy)


@pytest.mark.parametrize("accounts", [0, 1, 2])
def test_tiny_seeds_work(accounts: int) -> None:
    seed = Seed(accounts=accounts, reps=1)
    assert len(whole(companies(seed, NOW)).get("number", [])) == accounts
    whole(deals(seed, NOW)), whole(activities(seed, NOW))


def test_a_seed_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one rep"):
        Seed(reps=0)
