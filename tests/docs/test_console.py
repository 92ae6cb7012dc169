"""What the pages show of a terminal is what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.sandbox import Seed, running
from sync.demo.play import SECRET_VARIABLES, make_project
from tests.docs.blocks import PAGES, Block, blocks
from tests.docs.shell import Terminal, difference, make_shim, make_shims, steps


def _runs(block: Block) -> bool:
    return block.language == "hidden" or (
        block.language == "console" and any(word.partition("=")[0] == "run" for word in block.words)
    )


SHOWN = [page for page in PAGES if any(map(_runs, blocks(page)))]


_SOMEBODY = "import sys; from connectors.sandbox import attach; url, kind, id, field, value = sys.argv[1:]; "
_SOMEBODY += "attach(url).edit(kind, id, {field: value})"
"""A person at work in the CRM: somebody OBJECT ID FIELD VALUE."""


class Terminals:
    """One terminal per kind of project of a page: "" is an empty folder, a vendor's name its local CRM."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._open = folder, ExitStack()
        self._shims = make_shims(folder / "shims")
        self._made: dict[str, Terminal] = {}

    def of(self, kind: str) -> Terminal:
        if kind not in self._made:
            self._made[kind] = self._local(kind) if kind else self._empty()
        return self._made[kind]

    def close(self) -> None:
        self._open.close()

    def _empty(self) -> Terminal:
        folder = self._folder / "empty"
        folder.mkdir()
        return Terminal(folder, self._shims)

    def _local(self, vendor: str) -> Terminal:
        """The demo's rules against 300 accounts, as "territory init" leaves a config: nothing is written yet."""
        seed = Seed(accounts=300, reps=12, seed=1, activities_per_account=1)
        crm = self._open.enter_context(running(vendor, seed=seed))
        config = make_project(self._folder / vendor, vendor, crm)
        text = config.read_text().replace("writes: enabled", "outputs: {fields: {}}\nwrites: disabled")
        config.write_text(text)
        secrets = {name: str(crm.credentials[key]) for name, key in SECRET_VARIABLES[vendor].items()}
        make_shim(self._shims / "somebody", _SOMEBODY, crm.url)
        return Terminal(config.parent, self._shims, secrets)


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    made = Terminals(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_every_command_of_a_page_prints_what_the_page_says(page: Path, terminals: Terminals) -> None:
    kind = ""
    for block in filter(_runs, blocks(page)):
        if block.language == "hidden":
            code, lines = terminals.of(kind).run(block.text)
            assert code == 0, f"{block}: {lines}"
            continue
        kind = block.option("run") or ""
        commands = steps(block)
        for number, (command, expected) in enumerate(commands, 1):
            code, lines = terminals.of(kind).run(command)
            wanted = int(block.option("exit") or 0) if number == len(commands) else 0
            assert code == wanted, f"{block}: {command} ended with {code}\n" + "\n".join(lines)
            if (found := difference(expected, lines)) is not None:
                pytest.fail(f"{block}: {command}\n{found}", pytrace=False)
