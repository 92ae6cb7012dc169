"""What a connector says and does when the CRM or the network fails."""

from __future__ import annotations

import pytest

from connectors.errors import (
    AuthFailed,
    ConnectorError,
    Garbled,
    QuotaSpent,
    RateLimited,
    Transient,
    Unavailable,
    WrongOrg,
)
from connectors.records import Outcome, RecordKind, Write
from connectors.testing.steps import change, connected, live, need, pulled, write_one
from connectors.testing.world import ALWAYS, Call, Failing, World

ERRORS: dict[Failing, type[ConnectorError]] = {
    Failing.RATE_LIMITED: RateLimited,
    Failing.UNAVAILABLE: Unavailable,
    Failing.DROPPED: Unavailable,
    Failing.TORN: Transient,
    Failing.HTML: Garbled,
    Failing.SHORT_PAGE: Garbled,
    Failing.QUOTA_SPENT: QuotaSpent,
    Failing.LOGIN_REFUSED: AuthFailed,
}
PASSING = [Failing.RATE_LIMITED, Failing.UNAVAILABLE, Failing.DROPPED, Failing.TORN, Failing.HTML]


class FailingContract:
    """A call that fails says how; nothing fails in silence and nothing is done twice."""

    @pytest.mark.parametrize("failing", list(ERRORS))
    def test_a_failure_in_the_middle_of_a_pull_raises_its_error(self, world: World, failing: Failing) -> None:
        """Rows that came before are no complete reading, and the caller is told so."""
        need(world, failing)
        with connected(world, page_size=world.page_sizes[0]) as connector:
            world.break_calls(failing, Call.READ, after=1, times=ALWAYS)
            with pytest.raises(ERRORS[failing]):
                pulled(connector)

    @pytest.mark.parametrize("failing", PASSING)
    def test_a_passing_failure_of_a_read_is_survived(self, world: World, failing: Failing) -> None:
        """Every account still comes once."""
        need(world, failing)
        with connected(world, page_size=world.page_sizes[0]) as connector:
            world.break_calls(failing, Call.READ, after=1, times=2)
            ids = pulled(connector)["id"].to_pylist()
        assert len(ids) == len(set(ids))
        assert set(ids) == world.ids()

    def test_wrong_credentials_are_told_as_such(self, world: World) -> None:
        """By every method that needs them, before anything is sent."""
        need(world, Failing.LOGIN_REFUSED)
        id = world.create({"name": "Locked out"})
        with connected(world, wrong_credentials=True) as connector:
            with pytest.raises(AuthFailed):
                connector.identity()
            with pytest.raises(AuthFailed):
                pulled(connector)
            with pytest.raises(AuthFailed):
                connector.lookup([id], ["name"])
            with pytest.raises(AuthFailed):
                connector.write([change(id, "score", None, 1.0)])
        assert world.writes_seen(id) == 0

    def test_another_org_than_the_config_names_is_never_written(self, world: World) -> None:
        """`identity` tells which one it is; reading and writing are refused."""
        if not world.names_org:
            pytest.skip("the settings of this connector name no org")
        id = world.create({"name": "Elsewhere"})
        with connected(world, wrong_org=True) as connector:
            assert connector.identity().id
            with pytest.raises(WrongOrg):
                pulled(connector)
            with pytest.raises(WrongOrg):
                connector.write([change(id, "score", None, 1.0)])
        assert world.writes_seen(id) == 0

    @pytest.mark.parametrize("failing", [Failing.LOST_ANSWER, Failing.TORN, Failing.DROPPED, Failing.HTML])
    def test_a_write_without_an_answer_is_unknown(self, world: World, failing: Failing) -> None:
        """It is never sent again blindly; looking again settles it."""
        need(world, failing)
        ids = [world.create({"name": f"Unknown {number}"}) for number in range(3)]
        writes = [change(id, "score", None, 1.0) for id in ids]
        with connected(world) as connector:
            world.break_calls(failing, Call.WRITE)
            results = connector.write(writes)
            assert [result.id for result in results] == ids
            assert {result.outcome for result in results} == {Outcome.UNKNOWN}
            carried_out = failing is Failing.LOST_ANSWER
            assert [world.writes_seen(id) for id in ids] == [int(carried_out)] * 3
            settled = Outcome.UNCHANGED if carried_out else Outcome.WRITTEN
            assert {result.outcome for result in connector.write(writes)} == {settled}
        assert [world.writes_seen(id) for id in ids] == [1, 1, 1]

    @pytest.mark.parametrize(
        "failing", [Failing.RATE_LIMITED, Failing.UNAVAILABLE, Failing.QUOTA_SPENT, Failing.LOGIN_REFUSED]
    )
    def test_a_refused_write_call_is_written_later_or_told(self, world: World, failing: Failing) -> None:
        """Whatever is answered, no account is written twice and none is called written that is not."""
        need(world, failing)
        id = world.create({"name": "Refused"})
        write = change(id, "score", None, 2.0)
        with connected(world) as connector:
            world.break_calls(failing, Call.WRITE, times=ALWAYS)
            try:
                outcome = write_one(connector, write).outcome
            except ConnectorError as error:
                assert isinstance(error, ERRORS[failing])
            else:
                assert outcome in (Outcome.UNKNOWN, Outcome.REJECTED)
            assert world.writes_seen(id) == 0
            world.mend()
        with connected(world) as another:
            assert write_one(another, write).outcome is Outcome.WRITTEN
            assert live(another, id, "score") == {"score": 2.0}
        assert world.writes_seen(id) == 1

    def test_results_in_another_order_are_not_taken_for_each_others(self, world: World) -> None:
        """Only the refused account is rejected, or nothing is believed."""
        need(world, Failing.WRONG_ORDER)
        ids = [world.create({"name": f"Order {number}"}) for number in range(4)]
        bad = world.refused(ids[0])
        with connected(world) as connector:
            writes = [change(id, "score", None, 1.0) for id in ids]
            expected = live(connector, ids[0], *bad)
            writes[0] = Write(ids[0], bad, expected)
            world.break_calls(Failing.WRONG_ORDER, Call.WRITE)
            results = connector.write(writes)
        assert [result.id for result in results] == ids
        assert results[0].outcome in (Outcome.REJECTED, Outcome.UNKNOWN)
        for result in results[1:]:
            assert result.outcome in (Outcome.WRITTEN, Outcome.UNKNOWN), result

    def test_calls_are_counted(self, world: World) -> None:
        """What a pull cost can be told afterwards."""
        with connected(world, page_size=world.page_sizes[0]) as connector:
            pulled(connector, RecordKind.ACCOUNTS)
            first = sum(connector.calls().values())
            pulled(connector, RecordKind.ACCOUNTS)
            assert sum(connector.calls().values()) >= first
