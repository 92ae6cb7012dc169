"""What is said of a mapping that does not fit, and what setup does about it."""

from __future__ import annotations

import pytest

from connectors.errors import FieldProblems
from connectors.mapping import FieldRole, MappedField
from connectors.records import Outcome
from connectors.testing.steps import change, connected, live, pulled, write_one
from connectors.testing.world import World


class MappingContract:
    """Every mapped field exists and fits, or is named."""

    def test_the_worlds_own_mapping_fits(self, world: World) -> None:
        """No problem is made up."""
        with connected(world) as connector:
            assert connector.check(writing=True) == []

    def test_an_unknown_field_is_named_with_its_nearest_match(self, world: World) -> None:
        """By our name and the CRM's, with what was probably meant."""
        wrong, right = world.misspelt
        with connected(world, fields=[MappedField("segment", wrong)]) as connector:
            problems = connector.check(writing=False)
        assert [(p.kind, p.name, p.source) for p in problems] == [("accounts", "segment", wrong)]
        assert right in problems[0].candidates

    def test_a_pull_with_an_unknown_field_raises_instead_of_reading_nulls(self, world: World) -> None:
        """A column that reads empty because of a typing error would move accounts."""
        wrong, _ = world.misspelt
        with (
            connected(world, fields=[MappedField("segment", wrong)]) as connector,
            pytest.raises(FieldProblems, match=wrong),
        ):
            pulled(connector)

    def test_a_field_that_nobody_may_write_is_found_before_writing(self, world: World) -> None:
        """It is a problem of the mapping, not of each record."""
        if world.unwritable is None:
            pytest.skip("every field of this CRM may be written")
        output = MappedField("locked", world.unwritable, role=FieldRole.OUTPUT)
        with connected(world, fields=[output]) as connector:
            assert connector.check(writing=False) == []
            assert [p.source for p in connector.check(writing=True)] == [world.unwritable]

    def test_setup_creates_what_is_missing_once(self, world: World) -> None:
        """Planned first; afterwards the field can be read and written, and there is nothing left to do."""
        output = world.creatable
        if output is None:
            pytest.skip("this connector creates no fields")
        id = world.create({"name": "Set up"})
        with connected(world, fields=[output]) as connector:
            steps = connector.setup_steps([output])
            assert steps, "the missing field is planned"
            assert connector.check(writing=True), "planning alone creates nothing"
            connector.setup(steps)
            connector.setup(steps)
        with connected(world, fields=[output]) as another:
            assert another.setup_steps([output]) == []
            assert another.check(writing=True) == []
            assert write_one(another, change(id, output.name, None, 5)).outcome is Outcome.WRITTEN
            assert live(another, id, output.name) == {output.name: 5}
