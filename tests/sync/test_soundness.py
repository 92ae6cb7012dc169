"""Rules that contradict themselves move nobody before a person said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import GateRefused
from tests.sync.world import LOOSE, RULES, make_world

OVERLAPPING = RULES.replace("country: DE", "country: [DE, US]")


def test_rules_that_overlap_refuse_the_plan_with_place_and_code(tmp_path: Path) -> None:
    world = make_world(tmp_path, rules=OVERLAPPING)
    plan = world.plan()
    [breach] = plan.breaches
    assert breach.name == "unsound-rules"
    assert "P001" in breach.message and "rules.yaml:7:" in breach.message
    with pytest.raises(GateRefused, match="unsound-rules"):
        world.enact(plan)


def test_a_config_may_live_with_them(tmp_path: Path) -> None:
    world = make_world(tmp_path, rules=OVERLAPPING, limits={**LOOSE, "unsound_rules": True})
    assert world.plan().breaches == ()
