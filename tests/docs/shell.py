"""A terminal in a temporary folder, as an admin has it, and a loose comparison of what it prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import ROOT, Block

RUN = re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b")
_VARYING = (
    (RUN, "RUN"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "SNAPSHOT"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "PLAN"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\b\d\d:\d\d UTC"), "TIME"),
    (re.compile(r"correlationId [0-9a-f-]{36}"), "correlationId ID"),
    (re.compile(r"\b[\d,]+ of [\d,]+ calls are left"), "N of N calls are left"),
    (re.compile(r"/\S*/(?=exports/)"), "/FOLDER/"),
    (re.compile(r"[ \t]+"), " "),
)


@dataclass
class Terminal:
    """Where commands are run; `cd` stays."""

    folder: Path
    shims: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, command: str, timeout: float = 60) -> tuple[int, list[str]]:
        """Exit code and lines printed, without the machine's log."""
        if command.startswith("cd "):
            self.folder = self.folder / shlex.split(command)[1]
            return 0, []
        done = subprocess.run(
            ["bash", "-c", self._with_present_run(command)],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
        return done.returncode, [line for line in lines if not line.startswith('{"')]

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in ("HOME", "LANG", "TMPDIR")}
        path = f"{self.shims}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "LC_ALL": "C.UTF-8", "PATH": path, "LOGNAME": "kim", **self.variables}

    def _with_present_run(self, command: str) -> str:
        """A run that the page names is the latest one here."""
        if not RUN.search(command):
            return command
        _, lines = self.run("territory history")
        return RUN.sub(lines[1].split()[0], command)


def make_shims(folder: Path) -> Path:
    """A folder with the command `territory` of this source tree."""
    folder.mkdir()
    shim = folder / "territory"
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from sync.cli import main; main()"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(program)} "$@"\n')
    shim.chmod(0o755)
    return folder


def steps(block: Block) -> list[tuple[str, list[str]]]:
    """Each command of a console block with the lines that are to follow it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            assert found, f"{block}: output before any command"
            found[-1][1].append(line)
    return found


def normalised(lines: Sequence[str]) -> list[str]:
    """Lines without what differs between two runs: ids, days, hours, widths of columns; blank lines left out."""
    shown = []
    for line in lines:
        for pattern, word in _VARYING:
            line = pattern.sub(word, line)
        if line.strip():
            shown.append(line.strip())
    return shown


def difference(expected: Sequence[str], found: Sequence[str]) -> str | None:
    """What is not as expected; `...` stands for any number of lines. None where all is."""
    parts: list[list[str]] = [[]]
    for line in normalised(expected):
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    lines, at = normalised(found), 0
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        starts = range(at, len(lines) - len(part) + 1) if number else [0]
        if is_last and number:
            starts = range(max(at, len(lines) - len(part)), len(lines) - len(part) + 1)
        at_next = next((s + len(part) for s in starts if lines[s : s + len(part)] == part), None)
        if at_next is None or (is_last and at_next != len(lines)):
            return "expected\n" + "\n".join(part) + "\nin\n" + "\n".join(lines[at:])
        at = at_next
    return None
