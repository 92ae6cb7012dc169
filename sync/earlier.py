"""The rules as they were: in another folder, or in a commit of the repository that the project lies in."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rules.language.load import load_rules
from sync.errors import SyncError

if TYPE_CHECKING:
    from rules.language.ruleset import RuleSet
    from sync.config import Project

SECONDS = 60


def earlier_rules(project: Project, base: str) -> RuleSet:
    """The rule set of a folder or a git ref, over the fields of today's config; SyncError where there is none."""
    with _folder(project, base) as folder:
        path = folder / project.rules_path.name
        if not path.is_file():
            raise SyncError(f"{base} has no {project.rules_path.name} where the rules are now")
        return load_rules(path, project.rule_fields())


@contextmanager
def _folder(project: Project, base: str) -> Iterator[Path]:
    if Path(base).is_dir():
        yield Path(base)
        return
    here = project.rules_path.parent
    top = Path(_git(here, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(here, "rev-parse", "--verify", "--end-of-options", f"{base}^{{commit}}").decode().strip()
    inside = here.resolve().relative_to(top.resolve())
    archived = _git(top, "archive", "--format=tar", commit, "--", inside.as_posix())
    with TemporaryDirectory(prefix="territory-") as made:
        with tarfile.open(fileobj=io.BytesIO(archived)) as archive:
            archive.extractall(made, filter="data")
        yield Path(made) / inside


def _git(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a list of words, no shell; a ref that begins with "-" is an error
            ["git", "-C", str(folder), *words],  # noqa: S607 - the admin's own git
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except FileNotFoundError:
        raise SyncError("git is not installed; name a folder with the earlier rules instead") from None
    except subprocess.TimeoutExpired:
        raise SyncError(f"git did not answer in {SECONDS} seconds") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SyncError(
            f"git {words[0]} failed in {folder}: {said[-1] if said else 'it said nothing'}; "
            "name a commit, branch or tag of this repository, or a folder with the earlier rules"
        )
    return done.stdout
