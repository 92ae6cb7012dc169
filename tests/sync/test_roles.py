"""Owners of further roles, in fields of their own beside the account's owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import ConfigProblem
from tests.sync.world import RULES, World, make_world

TWO_ROLES = RULES.replace(
    "workload:",
    """  - {id: success, level: geography, when: {country: US}, assign: {territory: success, role: CSM, owner: kim@example.com}}
workload:""",
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, rules=TWO_ROLES, outputs={"roles": {"CSM": "success_manager"}})


def test_the_owner_of_a_further_role_is_written_to_the_field_that_the_config_names(world: World) -> None:
    world.enact(world.plan())
    assert world.crm.accounts["A00"]["out_owner_csm"] == "U-kim"
    assert world.owner("A00") == "U-ana"
    assert "out_owner_csm" not in world.crm.accounts["A01"], "no rule gives Germany a CSM"
    assert world.plan().is_empty


def test_a_role_that_the_rules_do_not_have_is_an_error(tmp_path: Path) -> None:
    world = make_world(tmp_path, rules=TWO_ROLES, outputs={"roles": {"SDR": "sdr"}})
    with pytest.raises(ConfigProblem, match=r"'SDR'.*AE, CSM"):
        world.plan()


def test_the_owner_role_has_its_field_already(tmp_path: Path) -> None:
    world = make_world(tmp_path, rules=TWO_ROLES, outputs={"roles": {"AE": "second_owner"}})
    with pytest.raises(ConfigProblem, match="owner_role is AE"):
        world.plan()


def test_two_roles_of_one_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too much alike"):
        make_world(tmp_path, rules=TWO_ROLES, outputs={"roles": {"C-M": "a", "C M": "b"}})
