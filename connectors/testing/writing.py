"""What a write promises: compare, then set; one result for each."""

from __future__ import annotations

from datetime import datetime

import pytest

from connectors.records import Outcome, RecordId, Write
from connectors.testing.steps import by_id, change, connected, expect_values, live, pulled, write_one
from connectors.testing.world import World


class WritingContract:
    """A person's change stands; ours is made once."""

    def test_a_write_shows_in_the_next_pull_and_lookup(self, world: World) -> None:
        """Owner and outputs, by this connection and by another."""
        first, second, _ = world.owners()[:3]
        id = world.create({"name": "Acme", "owner_id": first})
        write = Write(
            id,
            {"owner_id": second, "score": 12.5, "note": "us.east"},
            {"owner_id": first, "score": None, "note": None},
        )
        with connected(world) as connector:
            result = write_one(connector, write)
            assert result.outcome is Outcome.WRITTEN, result
            expect_values(live(connector, id, *write.values), write.values)
        with connected(world) as another:
            expect_values(by_id(pulled(another))[id], write.values)

    def test_writing_twice_is_unchanged_and_sends_nothing(self, world: World) -> None:
        """The second time there is nothing to do, and the CRM sees no write."""
        id = world.create({"name": "Twice"})
        write = change(id, "score", None, 7.0)
        with connected(world) as connector:
            assert write_one(connector, write).outcome is Outcome.WRITTEN
            seen = world.writes_seen(id)
            assert write_one(connector, write).outcome is Outcome.UNCHANGED
        assert world.writes_seen(id) == seen == 1

    def test_a_moved_account_is_a_conflict_and_is_left_alone(self, world: World) -> None:
        """Someone reassigned the account by hand after the plan; theirs wins, and is reported."""
        ours, planned, theirs = world.owners()[:3]
        id = world.create({"name": "Moved", "owner_id": planned})
        world.edit(id, {"owner_id": theirs})
        with connected(world) as connector:
            result = write_one(connector, change(id, "owner_id", planned, ours))
            assert result.outcome is Outcome.CONFLICT
            assert result.found["owner_id"] == theirs
            assert live(connector, id, "owner_id") == {"owner_id": theirs}
        assert world.writes_seen(id) == 0

    def test_one_moved_field_holds_the_whole_write(self, world: World) -> None:
        """All fields or none."""
        first, second, _ = world.owners()[:3]
        id = world.create({"name": "Half moved", "owner_id": first})
        world.edit(id, {"note": "by hand"})
        write = Write(id, {"owner_id": second, "note": "ours"}, {"owner_id": first, "note": None})
        with connected(world) as connector:
            assert write_one(connector, write).outcome is Outcome.CONFLICT
            expect_values(live(connector, id, "owner_id", "note"), {"owner_id": first, "note": "by hand"})

    def test_a_field_that_already_has_the_wanted_value_is_no_conflict(self, world: World) -> None:
        """Someone else made the same change: the rest is written."""
        id = world.create({"name": "Agreed"})
        world.edit(id, {"score": 3.0})
        write = Write(id, {"score": 3.0, "note": "new"}, {"score": None, "note": None})
        with connected(world) as connector:
            assert write_one(connector, write).outcome is Outcome.WRITTEN
            expect_values(live(connector, id, "score", "note"), {"score": 3.0, "note": "new"})

    def test_a_version_counts_any_edit_as_moved(self, world: World) -> None:
        """With the stamp of the plan, an edit of another field is a conflict too."""
        id = world.create({"name": "Versioned"})
        with connected(world) as connector:
            version = _version(live(connector, id, "modified_at")["modified_at"])
            world.advance(5)
            world.edit(id, {"name": "Versioned anew"})
            stale = Write(id, {"score": 1.0}, {"score": None}, version)
            assert write_one(connector, stale).outcome is Outcome.CONFLICT
            version = _version(live(connector, id, "modified_at")["modified_at"])
            fresh = Write(id, {"score": 1.0}, {"score": None}, version)
            assert write_one(connector, fresh).outcome is Outcome.WRITTEN

    def test_none_clears_a_field(self, world: World) -> None:
        """Empty is a value like any other."""
        id = world.create({"name": "Cleared"})
        with connected(world) as connector:
            assert write_one(connector, change(id, "note", None, "x")).outcome is Outcome.WRITTEN
            assert write_one(connector, change(id, "note", "x", None)).outcome is Outcome.WRITTEN
            assert live(connector, id, "note") == {"note": None}

    def test_written_text_of_any_script_survives(self, world: World) -> None:
        """What is read back is what was written, formulas and quotes included."""
        texts = ["東京 – Łódź 🏢", "=1+2", "+49 30", "-5", "@home", 'say "hi", O\'Brien; \\n', "a\nb"]
        ids = [world.create({"name": f"Text {number}"}) for number in range(len(texts))]
        with connected(world) as connector:
            results = connector.write(
                [change(id, "note", None, text) for id, text in zip(ids, texts, strict=True)]
            )
            assert {result.outcome for result in results} == {Outcome.WRITTEN}
            found = by_id(connector.lookup(ids, ["note"]))
        assert [found[id]["note"] for id in ids] == texts

    def test_one_bad_write_does_not_sink_the_batch(self, world: World) -> None:
        """The CRM's own words come with the one it refused; the others are written, in their order."""
        ids = [world.create({"name": f"Batch {number}"}) for number in range(7)]
        writes = [change(id, "score", None, float(number)) for number, id in enumerate(ids)]
        bad = world.refused(ids[3])
        with connected(world) as connector:
            writes[3] = Write(ids[3], bad, live(connector, ids[3], *bad))
            results = connector.write(writes)
        assert [result.id for result in results] == ids
        outcomes = [result.outcome for result in results]
        assert outcomes == [Outcome.REJECTED if n == 3 else Outcome.WRITTEN for n in range(7)]
        assert results[3].code or results[3].message, "the reason is told"
        assert [world.writes_seen(id) for id in ids] == [0 if n == 3 else 1 for n in range(7)]

    def test_every_write_has_its_result_in_order(self, world: World) -> None:
        """Written, unchanged, moved and vanished accounts in one batch."""
        ids = [world.create({"name": f"Mixed {number}"}) for number in range(5)]
        world.edit(ids[1], {"score": 9.0})
        world.edit(ids[2], {"score": 5.0})
        world.delete(ids[3])
        with connected(world) as connector:
            results = connector.write([change(id, "score", None, 9.0) for id in ids])
        assert [result.id for result in results] == ids
        assert [result.outcome for result in results] == [
            Outcome.WRITTEN,
            Outcome.UNCHANGED,
            Outcome.CONFLICT,
            Outcome.REJECTED,
            Outcome.WRITTEN,
        ]

    def test_a_full_batch_is_written(self, world: World) -> None:
        """As many as the capabilities say, up to 500 here."""
        with connected(world) as connector:
            ids = [RecordId(id) for id in sorted(world.ids())][: min(500, connector.capabilities.write_batch)]
            before = by_id(connector.lookup(ids, ["score"]))
            writes = [change(id, "score", before[id]["score"], 4321.0) for id in ids]
            assert {result.outcome for result in connector.write(writes)} == {Outcome.WRITTEN}
            after = by_id(connector.lookup(ids, ["score"]))
        assert {after[id]["score"] for id in ids} == {4321.0}

    def test_more_than_a_batch_is_refused_before_anything_is_sent(self, world: World) -> None:
        """The caller's mistake is told, not half carried out."""
        id = world.create({"name": "Many"})
        with connected(world) as connector:
            most = max(connector.capabilities.write_batch, connector.capabilities.bulk_batch)
            count = most + 1
            with pytest.raises(ValueError, match=str(most)):
                connector.write([change(id, "score", None, 1.0)] * count)
        assert world.writes_seen(id) == 0

    def test_no_writes_need_no_calls(self, world: World) -> None:
        """An empty batch is an empty answer."""
        with connected(world) as connector:
            before = dict(connector.calls())
            assert connector.write([]) == []
            assert dict(connector.calls()) == before


def _version(stamp: datetime | None) -> str:
    if stamp is None:
        pytest.skip("this mapping has no modification stamp")
    return stamp.isoformat(timespec="milliseconds")
