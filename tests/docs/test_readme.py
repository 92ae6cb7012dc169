"""The README's pictures are what the product prints, and its tables are what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox import Seed, running
from sync import errors
from sync.answers.explanation import tell
from sync.config import load_project
from sync.demo.play import REPS, SECRET_VARIABLES, make_project
from sync.plan import Plan
from sync.report import plan_text
from sync.report.explain_text import explain_text
from sync.run import propose, pull
from sync.session import Session
from tests.docs.blocks import ROOT, Block, blocks, prose
from tests.docs.shell import difference

README = ROOT / "README.md"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, Plan]]:
    """The demo's first plan against Salesforce."""
    folder = tmp_path_factory.mktemp("readme")
    with (
        running("salesforce", seed=Seed(accounts=2_000, reps=REPS, seed=1)) as crm,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, key in SECRET_VARIABLES["salesforce"].items():
            patch.setenv(name, str(crm.credentials[key]))
        session = Session(load_project(make_project(folder / "salesforce", "salesforce", crm)))
        connector = session.project.connect()
        try:
            connector.setup(connector.setup_steps(session.project.output_fields()))
            with session.ledger() as ledger:
                yield session, propose(session, ledger, pull(session, connector).snapshot)
        finally:
            connector.close()


def _picture(kind: str) -> Block:
    [found] = [block for block in blocks(README) if kind in block.words]
    return found


def test_the_plan_is_the_one_that_the_demo_prints(planned: tuple[Session, Plan]) -> None:
    printed = plan_text.render(planned[1], sample=3).splitlines()
    assert difference(_picture("plan").text.splitlines(), printed) is None


def test_the_explanation_is_the_one_that_explain_prints(planned: tuple[Session, Plan]) -> None:
    picture = _picture("explain").text.splitlines()
    name = picture[0].partition(" (")[0]
    assert f'territory explain "{name}"' in prose(README)
    assert difference(picture, explain_text(tell(planned[0], name)).splitlines()) is None


def test_the_table_of_exit_codes_is_complete() -> None:
    from sync.cli.failures import INTERRUPTED

    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    shown = [int(code) for code in re.findall(r"^\| (\d+) \|", prose(README), re.MULTILINE)]
    assert shown == sorted(codes | {INTERRUPTED})


def test_what_is_installed_without_make_is_what_make_installs() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [
        line for block in blocks(README) for line in block.text.splitlines() if " pip install" in line
    ]
    assert len(installs) == 2
    for line in installs:
        words = line.partition(" pip install ")[2]
        assert any(
            words in rule.replace("--quiet --disable-pip-version-check ", "")
            for rule in makefile.splitlines()
        )


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_has_the_two_commands(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"make {target}" in README.read_text(encoding="utf-8")


def test_every_module_that_the_readme_names_is_there() -> None:
    named = re.findall(r"`((?:sync|rules|connectors|tests)/[\w/*.]+)`", prose(README))
    assert len(named) > 10
    for name in named:
        assert list(Path(ROOT).glob(name.rstrip("/"))), name
