"""The file both.yaml: two projects, how their accounts are matched, and who writes which field on which side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rules.language.reading.document import Code, DocumentError, MapNode, Node, Problem, check, read_yaml
from sync.config import Project, load_project

LEAD, FOLLOW = "lead", "follow"
OWNER = "owner"


class Key(BaseModel):
    """A column of accounts on each side that holds the same text for the same company."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lead: str
    follow: str


class Writer(BaseModel):
    """Who writes one field on each side: we, or somebody else (the CRM's own sync, a person)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lead: Literal["territory", "crm"]
    follow: Literal["territory", "crm"]


class Both(BaseModel):
    """The whole of both.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    lead: str
    """The config of the side whose accounts decide."""
    follow: str
    match: tuple[Key | Literal["domain"], ...] = Field(min_length=1)
    """Tried in this order; an account that one has matched is out of the next."""
    writers: Mapping[str, Writer]
    ambiguous: int = Field(100, ge=0)
    """Accounts with more than one partner, above which the plan is refused."""
    state: str = "state"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both projects with what joins them."""

    path: Path
    config: Both
    lead: Project
    follow: Project

    @property
    def state(self) -> Path:
        """Where joint plans lie."""
        return self.path.parent / self.config.state

    @property
    def sides(self) -> Mapping[str, Project]:
        """The projects by what they are here, the leading one first."""
        return {LEAD: self.lead, FOLLOW: self.follow}


def load_pair(path: Path) -> Pair:
    """Both projects; DocumentError lists every problem with its place."""
    root = read_yaml(path)
    config, problems = check(root, Both)
    if config is None or problems:
        raise DocumentError(problems)
    pair = Pair(
        path, config, load_project(path.parent / config.lead), load_project(path.parent / config.follow)
    )
    if problems := list(_problems(root, pair)):
        raise DocumentError(problems)
    return pair


def _problems(root: Node, pair: Pair) -> Iterator[Problem]:
    assert isinstance(root, MapNode), "it was checked as a mapping"
    if pair.lead.state.resolve() == pair.follow.state.resolve():
        yield root.values["follow"].problem(
            Code.BAD_VALUE,
            f"both sides keep their state in {pair.lead.state}; name another under state: in one",
        )
    if pair.lead.crm_name == pair.follow.crm_name:
        yield root.values["follow"].problem(
            Code.BAD_VALUE, f"both sides are {pair.lead.crm_name}; two CRMs are wanted"
        )
    if pair.lead.rules_path.resolve() != pair.follow.rules_path.resolve():
        yield root.values["follow"].problem(
            Code.BAD_VALUE,
            f"its rules are {pair.follow.rules_path} and those of the lead {pair.lead.rules_path}; let rules: of both "
            "configs name one file",
        )
    yield from _writer_problems(root, pair)


def _writer_problems(root: MapNode, pair: Pair) -> Iterator[Problem]:
    """One writer per field and side, and it is the one that the side's own outputs say."""
    node = root.values["writers"]
    written = {side: _written(project) for side, project in pair.sides.items()}
    for name in sorted(written[LEAD] | written[FOLLOW]):
        if name not in pair.config.writers:
            who = ", ".join(side for side in written if name in written[side])
            yield node.problem(
                Code.MISSING_KEY,
                f"{name!r} is written by the outputs of {who} and has no writer here: say who writes it on each side",
            )
    for name, writer in pair.config.writers.items():
        at = node.values[name] if isinstance(node, MapNode) else node
        for side, project in pair.sides.items():
            ours = name in written[side]
            if ours and getattr(writer, side) == "crm":
                yield at.problem(
                    Code.BAD_VALUE,
                    f"{name}: on the side {side} the CRM writes it, and the outputs of {project.path} write it too; "
                    "leave it out there, or say territory here",
                )
            if not ours and getattr(writer, side) == "territory":
                yield at.problem(
                    Code.BAD_VALUE,
                    f"{name}: on the side {side} we are to write it, and the outputs of {project.path} do not; "
                    "add it there, or say crm here",
                )


def _written(project: Project) -> set[str]:
    outputs = project.config.outputs
    return {*([OWNER] if outputs.owner else []), *project.outputs, *outputs.roles}
