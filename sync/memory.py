"""What one night must know of the one before: bands with hysteresis, and when holds began.

Every plan has a memory of its own beside it; it becomes the project's when the plan is carried out, or when a
night that may write found nothing to change. A plan that is only looked at leaves no trace in the next one.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sync.files import replacing, sha256

if TYPE_CHECKING:
    from sync.plan import Plan
    from sync.session import Session

FILE = "memory.parquet"


def last(session: Session) -> Path | None:
    """The memory to plan with, None before the first night or where the rules remember nothing."""
    path = session.project.state / FILE
    return path if path.is_file() else None


def digest(path: Path | None) -> str:
    """What binds a plan to the memory it was made with."""
    return sha256(path)[:16] if path is not None else "none"


def adopt(session: Session, plan: Plan) -> None:
    """Make the plan's memory the project's; a plan that takes back a run has none and changes nothing."""
    if plan.kind != "sync":
        return
    made, kept = plan.path.with_name(FILE), session.project.state / FILE
    if not made.is_file():
        kept.unlink(missing_ok=True)
        return
    with replacing(kept) as part:
        shutil.copyfile(made, part)
