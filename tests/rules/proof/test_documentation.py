"""What docs/rules-proofs.md says is what the proofs find."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules.language.load import load_rules
from rules.proof.codes import ProofCode, Severity, meanings
from rules.proof.findings import Finding
from rules.proof.lint import prove
from tests.docs.blocks import ROOT, Block, blocks

PAGE = ROOT / "docs" / "rules-proofs.md"
EXAMPLES = [block for block in blocks(PAGE) if block.option("proof")]


def _found(block: Block, folder: Path) -> list[Finding]:
    (folder / "rules.yaml").write_text("version: 1\n" + block.text, encoding="utf-8")
    return list(prove(load_rules(folder / "rules.yaml"), date(2026, 11, 23)))


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_every_example_has_the_finding_that_it_is_for(block: Block, tmp_path: Path) -> None:
    found = _found(block, tmp_path)
    wanted = block.option("proof")
    if wanted == "none":
        assert [finding for finding in found if finding.severity is not Severity.NOTE] == []
    else:
        gaps = {ProofCode.GAP} - {ProofCode(str(wanted))}
        assert [finding.code.value for finding in found if finding.code not in gaps] == [wanted]


def test_the_finding_that_is_shown_is_the_one_that_is_printed(tmp_path: Path) -> None:
    shown = next(block.text for block in blocks(PAGE) if block.language == "text")
    [found] = [f for f in _found(EXAMPLES[0], tmp_path) if f.code is ProofCode.OVERLAP]
    assert shown.replace("rules.yaml:2:3", str(found.source)).strip() == str(found)


def test_every_code_is_documented_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "\n".join(f"| {code} | {meaning} |" for code, meaning in meanings().items()) in text
    assert {code.value for code in ProofCode} == set(meanings())
