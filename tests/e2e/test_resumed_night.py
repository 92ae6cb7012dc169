"""A night that finds an interrupted run finishes it first, and says so."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.projects import site
from tests.e2e.test_kill import CHILDREN, apply_and_die


def test_a_night_tells_what_it_resumed_and_keeps_its_exit_code(tmp_path: Path) -> None:
    with site("hubspot", tmp_path, accounts=230, activities=0.5) as made:
        limits = "moves: 9999, moved_share: 1, rep_lost_share: 1, rep_gained_share: 1, empty_levels: true"
        made.config.write_text(f"{made.config.read_text()}limits: {{{limits}}}\n")
        plan = made.plan()
        made.accept(plan)
        child = CHILDREN.Process(target=apply_and_die, args=(made.config, dict(os.environ), plan.id, 9))
        child.start()
        child.join(120)
        assert child.exitcode == -9
        [moved, *_] = [account for account, owner in made.owners().items() if owner is not None]
        untouched = [r["record_id"] for r in plan.changes().to_pylist() if r["field"] == "owner_id"][-1]
        made.crm.edit("companies", untouched, {"hubspot_owner_id": made.owners()[moved]})
        said = made.ok("run", "--write", code=4)
        assert "1 conflict" in said and untouched in said
        assert said.count("Run 2") == 2
