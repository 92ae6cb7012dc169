"""config.yaml: what it holds, and what its errors say."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import AuthFailed
from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES, TERRITORY_TABLES, RecordKind
from rules.language.condition import FieldKind
from rules.language.reading.document import DocumentError, parse_yaml
from sync.config import Config, Project, load_project
from sync.outputs import OUTPUTS

ROOT = Path(__file__).parents[2]
HUBSPOT = 'version: 1\ncrm: {kind: hubspot, portal_id: "1", token: {env: T}}\n'


def load(folder: Path, text: str) -> object:
    (folder / "config.yaml").write_text(text)
    return load_project(folder / "config.yaml")


def problems(folder: Path, text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        load(folder, text)
    return str(caught.value)


def test_the_example_is_complete_and_loads() -> None:
    project = load_project(ROOT / "config.example.yaml")
    assert project.settings.expected_id == "00D5g000004XXXXEA4"
    assert project.rule_fields()["hq_country"] is FieldKind.COUNTRY
    written = parse_yaml((ROOT / "config.example.yaml").read_text(), "config.example.yaml").plain()
    assert isinstance(written, dict)
    assert set(written) == set(Config.model_fields)
    for section in ("limits", "outputs", "schedule", "apply", "fields"):
        assert set(written[section]) == set(type(getattr(project.config, section)).model_fields), section


def test_the_values_of_the_example_are_the_defaults() -> None:
    example = load_project(ROOT / "config.example.yaml").config
    bare = Config(version=1, crm={})
    differing = {n for n in Config.model_fields if getattr(example, n) != getattr(bare, n)}
    assert differing == {"crm", "fields", "schedule"}


def test_every_output_has_a_label_and_a_help_text_that_a_crm_accepts() -> None:
    for output in OUTPUTS.values():
        assert 0 < len(output.label) <= 40
        assert 0 < len(output.description) <= 255


def test_an_unknown_key_is_named_with_its_place_and_the_nearest_one(tmp_path: Path) -> None:
    said = problems(tmp_path, HUBSPOT + "limitz: {moves: 3}\nlimits: {movs: 3}\n")
    assert "config.yaml:3:1" in said and "limitz" in said and "limits" in said
    assert "config.yaml:4:10" in said and "moves" in said


def test_a_secret_in_the_config_is_refused_and_not_repeated(tmp_path: Path) -> None:
    said = problems(
        tmp_path, 'version: 1\ncrm: {kind: hubspot, portal_id: "1", token: pat-na1-SECRET-VALUE}\n'
    )
    assert "secret does not stand in the config" in said
    assert "SECRET-VALUE" not in said


def test_a_secret_on_a_line_of_its_own_is_not_repeated_either(tmp_path: Path) -> None:
    said = problems(
        tmp_path,
        'version: 1\ncrm:\n  kind: hubspot\n  portal_id: "1"\n  token: >-\n    pat-na1-SECRET-VALUE\n',
    )
    assert "SECRET-VALUE" not in said


def test_an_unknown_kind_of_crm_names_what_is_installed(tmp_path: Path) -> None:
    said = problems(tmp_path, "version: 1\ncrm: {kind: hubspott}\n")
    assert "config.yaml:2:13" in said and "did you mean 'hubspot'" in said


def test_a_missing_environment_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("T", raising=False)
    (tmp_path / "config.yaml").write_text(HUBSPOT)
    with pytest.raises(AuthFailed, match="environment variable T"):
        load_project(tmp_path / "config.yaml").connect()


def test_an_output_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    said = problems(tmp_path, HUBSPOT + "outputs: {fields: {teritory: null}}\n")
    assert "there is no output 'teritory'" in said


def test_an_output_that_would_overwrite_what_is_read_is_refused(tmp_path: Path) -> None:
    said = problems(tmp_path, HUBSPOT + "outputs:\n  fields:\n    tier: name\n    rule: HubSpot_Owner_Id\n")
    assert "config.yaml:5:11" in said and "'name' is read as accounts.name" in said
    assert "config.yaml:6:11" in said and "is read as accounts.owner_id" in said
    own = "fields: {accounts: {sector: sector_x}}\noutputs: {fields: {tier: sector_x}}\n"
    assert "is read as accounts.sector" in problems(tmp_path, HUBSPOT + own)


def test_two_outputs_in_one_crm_field_are_refused(tmp_path: Path) -> None:
    said = problems(tmp_path, HUBSPOT + "outputs: {fields: {tier: our_tier, rule: our_tier}}\n")
    assert "'our_tier' is written with output 'tier' already" in said


def test_territories_of_the_crm_are_named_by_developer_names(tmp_path: Path) -> None:
    said = problems(tmp_path, HUBSPOT + "outputs: {territories: {names: {us.east: US East}}}\n")
    assert "config.yaml:3:" in said
    project = load(tmp_path, HUBSPOT + "outputs: {territories: {model: FY26}}\n")
    assert isinstance(project, Project)
    assert project.also >= TERRITORY_TABLES
    [model] = project.field_map().of(RecordKind.TERRITORIES)
    assert (model.name, model.source) == ("model", "FY26")
    assert project.targets([CRM_TERRITORIES, CRM_USER_TERRITORIES]) == {
        CRM_TERRITORIES: "territory model FY26"
    }
    bare = load(tmp_path, HUBSPOT)
    assert isinstance(bare, Project)
    assert not bare.also & TERRITORY_TABLES


def test_what_decides_a_plan_changes_the_decision_hash_and_what_does_not_leaves_it(tmp_path: Path) -> None:
    one = load(tmp_path, HUBSPOT).decision_hash()  # type: ignore[attr-defined]
    assert load(tmp_path, HUBSPOT + "keep_snapshots: 5\n").decision_hash() == one  # type: ignore[attr-defined]
    assert load(tmp_path, HUBSPOT + "limits: {moves: 5}\n").decision_hash() != one  # type: ignore[attr-defined]
