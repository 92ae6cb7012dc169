"""Rules and configs that a page shows load as the page says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from rules.language.load import load_rules
from rules.language.reading.problems import DocumentError
from rules.testing import run_tests
from sync.config import load_project
from tests.docs.blocks import ROOT, Block, blocks, every_block

RULES = [block for block in every_block() if block.language == "yaml" and "rules" in block.words]
CONFIGS = [block for block in every_block() if block.language == "yaml" and "config" in block.words]
SETTLED = {
    "version": 1,
    "rules": [{"id": "any", "level": "geography", "when": {}, "assign": {"territory": "any"}}],
}
"""What a fragment of rules leaves out; a whole document has its own."""


def _files(page: Path, folder: Path) -> None:
    """The files that a page shows with `file=`, where its other blocks look for them."""
    for block in blocks(page):
        if name := block.option("file"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block.text, encoding="utf-8")


def _whole(text: str) -> str:
    """The document; a fragment (a list of rules, or sections alone) completed at its end, so that lines stay."""
    if text.startswith("- id:"):
        text = "rules:\n" + text
    missing = {key: value for key, value in SETTLED.items() if key not in yaml.safe_load(text)}
    return text + yaml.safe_dump(missing)


@pytest.mark.parametrize("block", RULES, ids=str)
def test_rules_load_and_their_tests_pass(block: Block, tmp_path: Path) -> None:
    _files(block.page, tmp_path)
    path = tmp_path / "rules.yaml"
    path.write_text(_whole(block.text), encoding="utf-8")
    if (code := block.option("error")) is not None:
        with pytest.raises(DocumentError) as refused:
            load_rules(path)
        assert [problem.code.value for problem in refused.value.problems] == [code]
        return
    ran = run_tests(load_rules(path), date(2026, 11, 23))
    assert ran.passed, str(ran)


@pytest.mark.parametrize("block", CONFIGS, ids=str)
def test_configs_load(block: Block, tmp_path: Path) -> None:
    text = block.text
    for key, line in (("crm", "crm: {kind: files, accounts: accounts.csv}\n"), ("version", "version: 1\n")):
        text = text if key in yaml.safe_load(text) else line + text
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    project = load_project(path)
    assert project.rule_fields() and project.field_map()


def test_the_example_config_loads_and_names_every_option(tmp_path: Path) -> None:
    from sync.config import Config

    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    config = load_project(path).config
    assert set(yaml.safe_load(text)) == set(Config.model_fields)
    given = config.model_dump(exclude={"crm", "fields"})
    default = Config(version=1, crm={}).model_dump(exclude={"crm", "fields"})
    assert {k: v for k, v in given.items() if v != default[k]} == {
        "schedule": {**default["schedule"], "timezone": "America/New_York"}
    }, "the example shows the defaults"
