"""A terminal in a temporary folder, as an admin has it, and a loose comparison of what it prints."""

from __future__ import annotations

import multiprocessing
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import ROOT, Block

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["connectors.files.connector", "duckdb", "pyarrow.parquet", "rules.engine.assign", "rules.language.load",
     "rules.measure", "sqlglot", "sync.cli.app", "sync.answers.explanation", "sync.propose", "sync.report.plan_text", "sync.run"]
)  # fmt: skip
RUN = re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b")
_VARYING = (
    (RUN, "RUN"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "SNAPSHOT"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "PLAN"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\b\d\d:\d\d UTC"), "TIME"),
    (re.compile(r"correlationId [0-9a-f-]{36}"), "correlationId ID"),
    (re.compile(r"\b[\d,]+ of [\d,]+ calls are left"), "N of N calls are left"),
    # Touches are counted back from today, so that a few accounts more or less have some.
    (re.compile(r"\b\d\d,\d{3} field changes"), "N field changes"),
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
        command = self._with_present_run(command)
        if command.startswith("territory ") and not set(command) & set("|;&<>$"):
            return self._territory(shlex.split(command)[1:], timeout)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return done.returncode, _without_log(done.stdout + done.stderr)

    def _territory(self, arguments: Sequence[str], timeout: float) -> tuple[int, list[str]]:
        """As a process of its own, forked from one that has read the heavy libraries already."""
        shown = self.shims / "shown"
        process = _CONTEXT.Process(
            target=_main, args=(arguments, self.folder, self._environment(), shown), daemon=True
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.terminate()
            raise TimeoutError(f"territory {' '.join(arguments)} ran for more than {timeout} s")
        return process.exitcode, _without_log(shown.read_text() + shown.with_suffix(".err").read_text())

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


def _main(arguments: Sequence[str], folder: Path, variables: Mapping[str, str], shown: Path) -> None:
    """The command line in this process, which ends with its exit code; prints into `shown` and beside it."""
    for path, number in ((shown, 1), (shown.with_suffix(".err"), 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["territory", *arguments]
    from sync.cli import main

    main()


def _without_log(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith('{"')]


def make_shims(folder: Path) -> Path:
    """A folder with the command `territory` of this source tree."""
    folder.mkdir()
    make_shim(folder / "territory", "from sync.cli import main; main()")
    return folder


def make_shim(path: Path, program: str, *arguments: str) -> None:
    """A command that runs this Python with these arguments and then its own."""
    words = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}", *arguments]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    path.chmod(0o755)


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
