"""What a pull and a lookup promise."""

from __future__ import annotations

import pytest

from connectors.records import MAIN, RecordId, RecordKind, Value, Watermark
from connectors.tables import SCHEMAS
from connectors.testing.steps import by_id, connected, expect_values, pulled
from connectors.testing.world import World

STRANGE: dict[str, Value] = {
    "name": 'Ωmega – 東京株式会社 "Łódź" & O\'Brien <Sønner> \\ 🏢',
    "city": "München",
    "country": "España",
    "website": "https://例え.example/?q=%20&x=1",
}


class ReadingContract:
    """Every row, once, as it is in the CRM; or an error."""

    def test_every_account_comes_once_whatever_the_page_size(self, world: World) -> None:
        """No page size loses, repeats or invents a row."""
        for page_size in world.page_sizes:
            with connected(world, page_size=page_size) as connector:
                ids = pulled(connector)["id"].to_pylist()
            assert len(ids) == len(set(ids)), f"an account came twice with page size {page_size}"
            assert set(ids) == world.ids(), f"page size {page_size}"

    @pytest.mark.parametrize("kind", list(RecordKind))
    def test_every_table_has_the_schema_of_the_mapping(self, world: World, kind: RecordKind) -> None:
        """Standard columns come first with their fixed types; what must not be null is not."""
        with connected(world) as connector:
            if kind not in {*MAIN, *connector.capabilities.also}:
                pytest.skip(f"this connector has no {kind}")
            table = pulled(connector, kind)
        standard = SCHEMAS[kind]
        assert table.schema.names[: len(standard)] == standard.names
        for field in standard:
            assert table.schema.field(field.name).type == field.type, field.name
            if not field.nullable:
                assert table[field.name].null_count == 0, field.name

    def test_the_batches_of_a_pull_share_one_schema(self, world: World) -> None:
        """A stream can be written to one file as it comes."""
        with connected(world, page_size=world.page_sizes[0]) as connector:
            schemas = {batch.schema for batch in connector.pull(RecordKind.ACCOUNTS).batches}
        assert len(schemas) == 1

    def test_text_of_any_script_survives(self, world: World) -> None:
        """No character is lost, replaced or decoded twice."""
        id = world.create(STRANGE)
        with connected(world) as connector:
            expect_values(by_id(pulled(connector))[id], STRANGE)
            expect_values(by_id(connector.lookup([id], list(STRANGE)))[id], STRANGE)

    def test_an_empty_value_is_null_and_never_empty_text(self, world: World) -> None:
        """Missing is missing, whatever the CRM calls it."""
        id = world.create({"name": "Blank", "city": None, "website": None, "employees": None})
        with connected(world) as connector:
            row = by_id(pulled(connector))[id]
        expect_values(row, {"name": "Blank", "city": None, "website": None, "employees": None})

    def test_numbers_keep_their_value(self, world: World) -> None:
        """0 is not missing, and a large amount is not rounded."""
        values: dict[str, Value] = {"name": "Numbers", "employees": 0, "annual_revenue": 98765432100.0}
        id = world.create(values)
        with connected(world) as connector:
            expect_values(by_id(pulled(connector))[id], values)

    def test_a_pull_tells_the_number_of_rows_or_nothing(self, world: World) -> None:
        """A total that is told is the number of rows that come."""
        with connected(world) as connector:
            pull = connector.pull(RecordKind.ACCOUNTS)
            rows = sum(batch.num_rows for batch in pull.batches)
        assert pull.complete
        assert pull.total in (None, rows)

    def test_the_people_who_own_accounts_come_as_active_owners(self, world: World) -> None:
        """Each once, active, and a person."""
        with connected(world) as connector:
            table = pulled(connector, RecordKind.OWNERS)
        assert len(set(table["id"].to_pylist())) == table.num_rows
        owners = by_id(table)
        for id in world.owners():
            expect_values(owners[id], {"active": True, "person": True, "deleted": False})

    def test_a_pull_since_a_watermark_misses_no_change(self, world: World) -> None:
        """New and edited accounts come, by a watermark that another connection made."""
        edited = world.create({"name": "Before"})
        since = _watermark(world)
        world.advance(60)
        world.edit(edited, {"name": "After"})
        made = world.create({"name": "Made since"})
        rows = _changes(world, since)
        assert rows[edited]["name"] == "After"
        assert rows[made]["name"] == "Made since"

    def test_a_change_committed_late_is_not_missed(self, world: World) -> None:
        """A record that appears after the pull with a stamp from before it still comes."""
        world.create({"name": "The newest there is"})
        since = _watermark(world)
        late = world.create_late({"name": "Late"}, 120)
        world.advance(60)
        assert late in _changes(world, since)

    def test_nothing_is_missed_over_a_chain_of_pulls(self, world: World) -> None:
        """Each pull starts from the watermark of the one before."""
        since = _watermark(world)
        for number in range(3):
            world.advance(3600)
            made = world.create({"name": f"Round {number}"})
            with connected(world) as connector:
                pull = connector.pull(RecordKind.ACCOUNTS, since)
                ids = {id for batch in pull.batches for id in batch["id"].to_pylist()}
            assert made in ids, f"missed in round {number}"
            since = pull.watermark

    def test_a_deleted_account_comes_as_deleted(self, world: World) -> None:
        """A pull of changes says so; a whole pull no longer has it."""
        id = world.create({"name": "Short-lived"})
        since = _watermark(world)
        world.advance(60)
        world.delete(id)
        with connected(world) as connector:
            pull = connector.pull(RecordKind.ACCOUNTS, since)
            rows = {row["id"]: row for batch in pull.batches for row in batch.to_pylist()}
            whole = by_id(pulled(connector))
        assert id not in whole
        assert pull.complete or rows[id]["deleted"], "a deleted account is reported as such"

    def test_the_ids_that_a_pull_says_exist_are_all_there_are(self, world: World) -> None:
        """A pull of changes that tells them tells every one, as whatever it leaves out is taken for gone."""
        since = _watermark(world)
        world.create({"name": "Among them"})
        with connected(world) as connector:
            pull = connector.pull(RecordKind.ACCOUNTS, since)
            for _ in pull.batches:
                pass
            there = None if pull.only is None else {id for batch in pull.only for id in batch.to_pylist()}
        if there is None:
            pytest.skip("this pull tells changes alone")
        assert there >= world.ids()

    def test_lookup_gives_what_a_pull_gives(self, world: World) -> None:
        """Same values, same types, for any number of accounts."""
        columns = ["name", "owner_id", "annual_revenue"]
        with connected(world) as connector:
            table = pulled(connector)
            ids = [RecordId(id) for id in table["id"].to_pylist()]
            found = connector.lookup(ids, columns)
        assert found.column_names == ["id", *columns]
        assert found.schema.field("annual_revenue").type == table.schema.field("annual_revenue").type
        wanted = table.select(["id", *columns]).sort_by("id")
        assert found.sort_by("id").to_pylist() == wanted.to_pylist()

    def test_lookup_leaves_absent_accounts_out(self, world: World) -> None:
        """A deleted account is absent; the others still come."""
        here, gone = world.create({"name": "Here"}), world.create({"name": "Gone"})
        world.delete(gone)
        with connected(world) as connector:
            assert connector.lookup([gone, here], ["name"])["id"].to_pylist() == [here]

    def test_lookup_of_nothing_is_an_empty_table(self, world: World) -> None:
        """With the columns that were asked for."""
        with connected(world) as connector:
            table = connector.lookup([], ["name", "owner_id"])
        assert table.column_names == ["id", "name", "owner_id"]
        assert table.num_rows == 0


def _watermark(world: World) -> Watermark:
    with connected(world) as connector:
        pull = connector.pull(RecordKind.ACCOUNTS)
        for _ in pull.batches:
            pass
        return pull.watermark


def _changes(world: World, since: Watermark) -> dict[str, dict[str, object]]:
    with connected(world) as connector:
        return by_id(pulled(connector, since=since))
