"""What follows a company's owner, judged by the portal's own records and change history."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.base import Load
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.forecast import forecast
from connectors.hubspot.wire.client import Client
from connectors.records import Outcome, Receipt, RecordId, Write, WriteResult
from connectors.sandbox import Seed, running
from tests.connectors.hubspot.calls import made
from tests.connectors.hubspot.world import FIELDS, HubSpotWorld

ALL = {"contacts": "follow", "open_deals": "follow", "open_tasks": "follow"}
OWNER = "hubspot_owner_id"
KINDS = ("contacts", "deals", "tasks")
NUMBERS = itertools.count()
"""No two contacts have one address."""


@pytest.fixture(params=["v3", pytest.param("2026-09", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Iterator[HubSpotWorld]:
    seed = Seed(accounts=12, reps=5, seed=5, activities_per_account=0, deals_per_account=0)
    with running("hubspot", seed=seed, fields=FIELDS) as crm:
        crm.settings(search_lag=0, search_limit=100_000, burst_limit=100_000, associations_limit=100_000)
        world = HubSpotWorld(crm, request.param)
        yield world
        world.close()


Connected = Callable[..., HubSpotConnector]


@pytest.fixture
def connected(world: HubSpotWorld) -> Iterator[Connected]:
    opened: list[HubSpotConnector] = []

    def connect(*, verify_history: bool = True, **policy: str) -> HubSpotConnector:
        opened.append(world.connect(owner_change=policy or ALL, verify_history=verify_history))
        return opened[-1]

    yield connect
    for connector in opened:
        connector.close()


@dataclass(frozen=True)
class Case:
    """Three companies: the first two go from old to new; with children of all kinds."""

    companies: tuple[RecordId, RecordId, RecordId]
    old: RecordId
    new: RecordId
    goes: Mapping[tuple[str, str], str]
    """What is to follow, and whose it then is."""
    stays: Mapping[tuple[str, str], str | None]

    @property
    def writes(self) -> list[Write]:
        return [Write(id, {"owner_id": self.new}, {"owner_id": self.old}) for id in self.companies[:2]]

    @property
    def undone(self) -> list[Write]:
        return [
            Write(id, {"owner_id": self.old}, {"owner_id": self.new}, takes_back=True)
            for id in self.companies[:2]
        ]


def case(world: HubSpotWorld) -> Case:
    a, b, c = sorted(world.ids())[:3]
    old, new, third = world.owners()[:3]
    for id in (a, b, c):
        world.edit(id, {"owner_id": old})

    def contact(owner: str, primary: str, *others: str) -> tuple[str, str]:
        values = {"email": f"c{next(NUMBERS)}@x.com", **({OWNER: owner} if owner else {})}
        return "contacts", made(world, "contacts", values, [("companies", o) for o in others], primary)

    def deal(owner: str, stage: str, primary: str | None, *others: str) -> tuple[str, str]:
        values = {"dealname": "D", "dealstage": stage, "pipeline": "default", OWNER: owner}
        return "deals", made(world, "deals", values, [("companies", o) for o in others], primary)

    def task(owner: str, status: str, *companies: str) -> tuple[str, str]:
        values = {"hs_timestamp": "2026-01-05T10:00:00Z", "hs_task_status": status, OWNER: owner}
        return "tasks", made(world, "tasks", values, [("companies", o) for o in companies])

    goes = [
        contact(old, a),
        contact(old, b, c),
        deal(old, "appointmentscheduled", a),
        deal(old, "contractsent", None, b),
        task(old, "NOT_STARTED", a),
        task(old, "WAITING", a, b),
        task(old, "IN_PROGRESS", c, b),
    ]
    stays: dict[tuple[str, str], str | None] = {
        contact(third, a): third,
        contact("", a): None,
        contact(old, c, a): old,
        contact(new, a): new,
        deal(old, "closedwon", a): old,
        deal(old, "closedlost", b): old,
        deal(third, "contractsent", a): third,
        deal(old, "contractsent", c, a): old,
        task(old, "COMPLETED", a): old,
        task(third, "NOT_STARTED", a): third,
        task(old, "NOT_STARTED", c): old,
    }
    return Case((a, b, c), old, new, dict.fromkeys(goes, new), stays)


def owners(world: HubSpotWorld, it: Case | None = None) -> dict[tuple[str, str], str | None]:
    """Who has each child, or each of one case: the portal has others."""
    there = {(kind, r["id"]): r[OWNER] or None for kind in KINDS for r in world.crm.records(kind)}
    return there if it is None else {key: there[key] for key in (*it.goes, *it.stays)}


def changes(world: HubSpotWorld, kind: str, id: str) -> list[tuple[str, str]]:
    """Fields that an app changed after the record was made, with the values."""
    rows = [row for row in world.crm.history(kind, id) if row["old"] is not None and row["actor"] == "api"]
    return [(row["field"], row["new"]) for row in rows if row["field"] == OWNER]


def outcomes(results: Sequence[WriteResult]) -> list[tuple[Outcome, str]]:
    return [(r.outcome, r.code) for r in results]


def test_open_children_of_the_old_owner_follow_and_all_others_stay(
    world: HubSpotWorld, connected: Connected
) -> None:
    """Contacts and deals with their primary company, or the first where none is; a task with any of its companies."""
    it = case(world)
    results = connected().write(it.writes)
    assert outcomes(results) == [(Outcome.WRITTEN, "")] * 2, results
    assert owners(world, it) == {**it.goes, **it.stays}
    for kind, id in it.goes:
        assert changes(world, kind, id) == [(OWNER, it.new)], "each once, and nothing but its owner"


@pytest.mark.parametrize("one", sorted(ALL))
def test_each_kind_is_chosen_by_itself(world: HubSpotWorld, connected: Connected, one: str) -> None:
    it = case(world)
    connected(**{one: "follow"}).write(it.writes)
    moved = {key for key, owner in owners(world, it).items() if owner != {**it.goes, **it.stays}[key]}
    assert moved == {key for key in it.goes if not one.endswith(key[0])}


def test_by_default_all_stays_and_nothing_is_asked(world: HubSpotWorld, connected: Connected) -> None:
    it, connector = case(world), connected(contacts="stay")
    before = owners(world)
    given: list[Receipt] = []
    connector.write(it.writes, receipt=given.append)
    assert owners(world) == before
    assert not given
    assert "associations batch read" not in connector.calls()


def test_what_gets_no_new_owner_takes_nothing_along(world: HubSpotWorld, connected: Connected) -> None:
    """An account that is refused, changed meanwhile, or merely scored."""
    it, connector = case(world), connected()
    before = owners(world)
    a, b, _ = it.companies
    writes = [
        Write(a, {"owner_id": "4711"}, {"owner_id": it.old}),
        Write(b, {"owner_id": it.new}, {"owner_id": it.new}),
    ]
    assert outcomes(connector.write(writes)) == [
        (Outcome.REJECTED, "INVALID_OWNER_ID"),
        (Outcome.CONFLICT, "MOVED"),
    ]
    connector.write([Write(a, {"score": 3.0}, {"score": None})])
    assert owners(world) == before


def test_a_child_edited_while_it_is_moved_is_told(world: HubSpotWorld, connected: Connected) -> None:
    it = case(world)
    kind, id = next(iter(it.goes))
    third = world.owners()[3]
    world.crm.fault("human_edit", path="contacts/batch/update", object=kind, id=id, values={OWNER: third})
    [first, second] = connected().write(it.writes)
    assert (first.outcome, first.code) == (Outcome.WRITTEN, "INCOMPLETE")
    assert (
        f"contact {id}: written over an edit made meanwhile: owner_id was '{third}' by CRM_UI"
        in first.message
    )
    assert second.code == ""


@pytest.mark.parametrize("status", [429, 423])
def test_a_child_edited_during_a_wait_is_left_alone(
    world: HubSpotWorld, connected: Connected, status: int
) -> None:
    it = case(world)
    kind, id = next(iter(it.goes))
    third = world.owners()[3]
    connector = connected()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        world.crm.edit(kind, id, {OWNER: third})

    connector._client._retry = _waiting(sleep)
    world.crm.fault("status", path="contacts/batch/update", status=status)
    assert outcomes(connector.write(it.writes)) == [(Outcome.WRITTEN, "")] * 2
    assert waited
    assert owners(world, it) == {**it.goes, **it.stays, (kind, id): third}


def _waiting(sleep: Callable[[float], None]) -> Any:
    from connectors.retry import RetryPolicy

    return RetryPolicy(sleep=sleep)


def test_a_scope_that_is_missing_is_told_and_the_owner_is_changed_all_the_same(
    world: HubSpotWorld, connected: Connected
) -> None:
    it, connector = case(world), connected()
    connector.check(writing=True)
    scopes = [s for s in world.crm.settings()["scopes"] if s != "crm.objects.deals.write"]
    world.crm.settings(scopes=scopes)
    results = connector.write(it.writes)
    assert outcomes(results) == [(Outcome.WRITTEN, "INCOMPLETE")] * 2
    assert "open deal stayed with the old owner" in results[0].message
    assert "crm.objects.deals.write" in results[0].message
    there = owners(world)
    assert {there[key] for key in it.goes if key[0] == "deals"} == {it.old}
    assert {there[key] for key in it.goes if key[0] != "deals"} == {it.new}


LASTING: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": 423}),
    ("rate_limit", {"shape": "burst"}),
    ("quota", {}),
    ("unavailable", {}),
    ("drop", {}),
    ("status", {"status": 401}),
]


@pytest.mark.parametrize("path", ["associations", "contacts/batch/read", "deals/batch/update"])
@pytest.mark.parametrize(("kind", "details"), LASTING, ids=[f"{k}-{d}" for k, d in LASTING])
def test_what_cannot_be_finished_now_is_finished_by_its_receipt(
    world: HubSpotWorld, connected: Connected, kind: str, details: dict[str, Any], path: str
) -> None:
    it, connector = case(world), connected()
    given: list[Receipt] = []
    world.crm.fault(kind, path=path, times=None, **details)
    results = connector.write(it.writes, receipt=given.append)
    world.mend()
    told = {(r.outcome, r.code) for r in results}
    # A write that may have been carried out is tried again three times, and then told as it is.
    assert told <= {(Outcome.UNKNOWN, "INCOMPLETE"), (Outcome.WRITTEN, "INCOMPLETE")}, results
    assert len(given) == 1
    if told == {(Outcome.UNKNOWN, "INCOMPLETE")}:
        settled = connector.settle(given[0], it.writes)
        assert settled is not None
        assert outcomes(settled) == [(Outcome.WRITTEN, "")] * 2
        assert owners(world, it) == {**it.goes, **it.stays}
        for key in it.goes:
            assert changes(world, *key) == [(OWNER, it.new)]


class Killed(BaseException):
    """The process died here."""


def _dying(monkeypatch: pytest.MonkeyPatch, at: int, *, answered: bool) -> None:
    """The n-th call of any connector ends the process, before it leaves or after it was answered."""
    original, seen = Client._request, iter(range(1, 10_000))

    def request(self: Client, *given: Any) -> Any:
        now = next(seen)
        if now == at and not answered:
            raise Killed
        answer = original(self, *given)
        if now == at:
            answer.drain_conn()
            raise Killed
        return answer

    monkeypatch.setattr(Client, "_request", request)


@pytest.mark.parametrize(
    "answered", [pytest.param(True, id="after"), pytest.param(False, id="before", marks=pytest.mark.slow)]
)
def test_killed_at_any_call_a_second_try_finishes_and_repeats_nothing(
    world: HubSpotWorld, connected: Connected, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    for at in range(1, 100):
        it = case(world)
        given: list[Receipt] = []
        with monkeypatch.context() as patch:
            _dying(patch, at, answered=answered)
            try:
                connected().write(it.writes, receipt=given.append)
            except Killed:
                survived = False
            else:
                survived = True
        if not survived:
            _resumed(connected(), it, given)
        assert owners(world, it) == {**it.goes, **it.stays}, at
        for key in it.goes:
            assert changes(world, *key) == [(OWNER, it.new)], at
        if survived:
            assert at > 15, "every call of every kind had its turn"
            return
    raise AssertionError("a run has fewer calls")


def _resumed(connector: HubSpotConnector, it: Case, given: Sequence[Receipt]) -> None:
    """As the applier does: ask by the receipt, then write what did not happen."""
    left = it.writes
    for receipt in given:
        settled = connector.settle(receipt, left)
        assert settled is not None
        left = [w for w, r in zip(left, settled, strict=True) if r.outcome is not Outcome.WRITTEN]
    if left:
        assert {r.outcome for r in connector.write(left)} == {Outcome.WRITTEN}


def test_asked_to_stop_it_leaves_the_rest_to_its_receipt(world: HubSpotWorld, connected: Connected) -> None:
    it, connector = case(world), connected()
    given: list[Receipt] = []
    results = connector.write(
        it.writes, receipt=given.append, stopping=lambda: "associations batch read" in connector.calls()
    )
    assert outcomes(results) == [(Outcome.UNKNOWN, "INCOMPLETE")] * 2
    connector.settle(given[0], it.writes)
    assert owners(world, it) == {**it.goes, **it.stays}


def test_an_undo_takes_back_what_followed_and_nothing_that_the_new_owner_had(
    world: HubSpotWorld, connected: Connected
) -> None:
    """HubSpot's history tells what an app moved; what a person has moved since is the person's."""
    it, connector = case(world), connected()
    connector.write(it.writes)
    by_hand, third = next(iter(it.goes)), world.owners()[3]
    world.crm.edit(*by_hand, {OWNER: third})
    again = next(key for key in it.goes if key[0] == "deals")
    world.crm.edit(*again, {OWNER: third})
    world.crm.edit(*again, {OWNER: it.new})
    assert outcomes(connector.write(it.undone)) == [(Outcome.WRITTEN, "")] * 2
    back = dict.fromkeys(it.goes, it.old)
    assert owners(world, it) == {**back, **it.stays, by_hand: third, again: it.new}


def test_a_task_of_two_companies_that_part_goes_once(world: HubSpotWorld, connected: Connected) -> None:
    """Kim hands A to Lee while Lee hands B to Max: Kim's task on both goes to Lee and no further."""
    a, b = sorted(world.ids())[:2]
    kim, lee, max = world.owners()[:3]
    world.edit(a, {"owner_id": kim})
    world.edit(b, {"owner_id": lee})
    values = {"hs_timestamp": "2026-01-05T10:00:00Z", "hs_task_status": "NOT_STARTED"}
    on_both = [("companies", a), ("companies", b)]
    of_kim = made(world, "tasks", {**values, OWNER: kim}, on_both)
    of_lee = made(world, "tasks", {**values, OWNER: lee}, on_both)
    writes = [Write(a, {"owner_id": lee}, {"owner_id": kim}), Write(b, {"owner_id": max}, {"owner_id": lee})]
    connected().write(writes)
    there = owners(world)
    assert (there["tasks", of_kim], there["tasks", of_lee]) == (lee, max)


def test_one_child_that_is_refused_keeps_no_other(world: HubSpotWorld, connected: Connected) -> None:
    it = case(world)
    kind, id = next(key for key in it.goes if key[0] == "tasks")
    world.crm.fault("row_lock", path="tasks/batch/update", ids=[id], times=None)
    results = connected().write(it.writes)
    there = owners(world)
    if world.version == "v3":  # the later version locks the batch whole
        assert {there[key] for key in it.goes if key != (kind, id)} == {it.new}
        assert "1 open task stayed with the old owner" in results[0].message
    else:
        assert {r.outcome for r in results} == {Outcome.UNKNOWN}
    assert there[kind, id] == it.old


def stake(it: Case) -> dict[str, int]:
    """What a plan would count of this case, whose children are all there are on these companies."""
    going = Counter(kind for kind, _ in it.goes)
    there = Counter({"contacts": 5, "deals": 5, "tasks": 5})
    return {
        "contacts": going["contacts"],
        "open_opportunities": going["deals"],
        "open_tasks": going["tasks"],
        "all_contacts": there["contacts"],
        "all_opportunities": there["deals"],
        "all_tasks": there["tasks"],
    }


@pytest.mark.parametrize("verified", [True, False])
def test_a_plan_tells_every_call_that_following_takes(
    world: HubSpotWorld, connected: Connected, verified: bool
) -> None:
    it, connector = case(world), connected(**ALL, verify_history=verified)
    connector.check(writing=True)
    before = Counter(connector.calls())
    connector.write(it.writes)
    connector.lookup([w.id for w in it.writes], ["owner_id"])
    settings = world.settings(owner_change=ALL, verify_history=verified)
    assert dict(Counter(connector.calls()) - before) == forecast(settings, Load(0, (2,), stake(it))).calls


def test_a_plan_says_what_follows_and_what_hubspot_may_do_by_itself(world: HubSpotWorld) -> None:
    settings = world.settings(owner_change={"open_deals": "follow"})
    at_stake = {"contacts": 1_200, "open_opportunities": 3, "open_tasks": 0, "all_contacts": 1_500}
    assert forecast(settings, Load(0, (7,), at_stake)).effects == (
        "1,200 contacts of the old owners on these companies stay with the old owners.",
        "3 open deals of the old owners on these companies follow to the new owners.",
        'Where the portal has "assign company owner to contact by default" switched on, HubSpot itself gives the '
        "new owner to contacts of these companies, whatever the policy says; the API does not tell whether it is.",
    )
    assert forecast(settings, Load(7)).effects == ()
    assert "was not counted" in forecast(settings, Load(0, (7,))).effects[0]
