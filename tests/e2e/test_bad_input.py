"""Bad rules, configs, plans and ledgers through the command line: what is said, and that nothing is written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.e2e.projects import Site, site
from tests.e2e.refusals import add, change, project_of, refused

STRATEGIC = 'where: "annual_revenue >= 5e9 or employees >= 20000"'


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site("salesforce", tmp_path_factory.mktemp("source"), accounts=120, activities=0.2) as made:
        yield made


@pytest.fixture
def made(source: Site, tmp_path: Path) -> Iterator[Site]:
    with project_of(source, tmp_path / "project") as copy:
        yield copy


# Rules


def test_an_unknown_field_is_named_with_its_place_and_the_nearest_known_one(made: Site) -> None:
    line = change(made, "rules.yaml", "employees: {from: 1000}", "employes: {from: 1000}")
    said = refused(made, "plan", code=1)
    assert f"rules.yaml:{line}:" in said
    assert "unknown field 'employes'; did you mean 'employees'?" in said


def test_mistakes_in_the_rules_are_told_before_the_crm_is_read(made: Site) -> None:
    change(made, "rules.yaml", "employees: {from: 1000}", "employes: {from: 1000}")
    made.crm.forget_calls()
    refused(made, "plan", code=1)
    assert made.crm.calls() == {}
    refused(made, "run", "--write", code=1)
    assert not [call for call in made.crm.calls() if "query/" in call or "composite" in call]


def test_a_rule_id_that_is_taken_names_both_lines(made: Site) -> None:
    line = change(made, "rules.yaml", "- id: us-rest", "- id: us-east")
    said = refused(made, "plan", code=1)
    assert f"rules.yaml:{line}:" in said
    assert "rule id 'us-east' is taken by the rule in line " in said and "ids are unique" in said


def test_every_mistake_is_told_at_once(made: Site) -> None:
    first = change(made, "rules.yaml", "employees: {from: 1000}", "employes: {from: 1000}")
    second = change(made, "rules.yaml", "pod: us-west", "pod: us-wst")
    said = refused(made, "lint", code=1)
    assert said.startswith("2 problems to correct first:")
    assert f"rules.yaml:{first}:" in said and f"rules.yaml:{second}:" in said
    assert "did you mean 'us-west'?" in said


def test_a_list_file_that_is_missing_is_named_where_the_rules_name_it(made: Site) -> None:
    (made.folder / "lists" / "boston.csv").rename(made.folder / "lists" / "bostn.csv")
    said = refused(made, "plan", code=1)
    assert "rules.yaml:8:" in said
    assert "cannot read file 'lists/boston.csv': No such file or directory" in said
    assert "did you mean 'lists/bostn.csv'?" in said


def test_two_lists_that_share_a_value_and_lead_to_two_territories_are_an_error(made: Site) -> None:
    change(made, "rules.yaml", "Ireland, Portugal]", "Ireland, Portugal, Austria]")
    change(
        made,
        "rules.yaml",
        "any:\n        - country: {in_list: western_europe}\n        - country: United Kingdom\n",
        "{country: {in_list: western_europe}}\n",
    )
    line = change(made, "rules.yaml", "- id: europe", "- id: western-europe")
    said = refused(made, "plan", code=1)
    assert f"rules.yaml:{line}:" in said
    assert (
        "lists 'dach' (rule dach, territory emea.dach) and 'western_europe' (rule western-europe, territory emea.west) "
        "share 1 value: AT; keep each in one list" in said
    )


def test_an_alias_bomb_is_refused_at_its_first_anchor(made: Site) -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    for file in ("rules.yaml", "config.yaml"):
        kept = (made.folder / file).read_text(encoding="utf-8")
        (made.folder / file).write_text("\n".join(layers) + "\n", encoding="utf-8")
        said = refused(made, "plan", code=1)
        assert f"{file}:1:5: R003 anchor '&a0' is not allowed; write the value out" in said
        (made.folder / file).write_text(kept, encoding="utf-8")


@pytest.mark.parametrize("file", ["rules.yaml", "config.yaml"])
@pytest.mark.parametrize(("open", "close"), [("[", "]"), ("{a: ", "}")])
def test_nesting_of_two_hundred_thousand_levels_is_refused_at_once(
    made: Site, file: str, open: str, close: str
) -> None:
    (made.folder / file).write_text(f"version: 1\nx: {open * 200_000}{close * 200_000}\n", encoding="utf-8")
    spent = []
    for _ in range(3):
        before = processor_time()
        said = refused(made, "lint", code=1)
        spent.append(processor_time() - before)
        if spent[-1] < 1.0:
            break
    assert f"{file}:2:" in said and "nested deeper than 64 levels" in said
    # Processor seconds of the whole process: the wall's depend on who else is at work.
    assert min(spent) < 1.0, spent


@pytest.mark.parametrize(("open", "close"), [("(", ")"), ("not ", "")])
def test_a_condition_of_two_hundred_thousand_levels_is_refused(made: Site, open: str, close: str) -> None:
    line = change(made, "rules.yaml", STRATEGIC, f'where: "{open * 200_000}employees >= 1{close * 200_000}"')
    said = refused(made, "lint", code=1)
    assert f"rules.yaml:{line}:" in said and "characters are more than 10,000" in said
    assert len(said) < 1000


def processor_time() -> float:
    """Of all children so far, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# Config


def test_a_secret_in_the_config_is_refused_and_not_repeated(made: Site) -> None:
    secret = "3MVG9s3cr3t-that-nobody-may-see.42"
    line = change(
        made, "config.yaml", "client_secret: {env: DEMO_SALESFORCE_CLIENT_SECRET}", f"client_secret: {secret}"
    )
    for verb in ("plan", "lint", "doctor"):
        said = refused(made, verb, code=1)
        assert f"config.yaml:{line}:" in said
        assert "a secret does not stand in the config; write {env: NAME} or {keyring: service/user}" in said
        assert secret not in said


def test_an_unknown_option_is_named_with_the_nearest_known_one(made: Site) -> None:
    line = add(made, "config.yaml", "limit: {moves: 3}\n")
    said = refused(made, "plan", code=1)
    assert f"config.yaml:{line}:1: " in said and "'limit'" in said and "did you mean 'limits'?" in said


def test_without_a_config_the_message_says_how_to_get_one(made: Site) -> None:
    said = refused(made, "plan", "--config", "nowhere.yaml", code=1)
    assert "there is no config file nowhere.yaml" in said and "territory init" in said


def test_nothing_is_written_or_created_while_the_config_disables_writes(made: Site) -> None:
    plan = made.plan()
    made.accept(plan)
    change(made, "config.yaml", "writes: enabled", "writes: disabled")
    made.crm.forget_calls()
    for arguments in (["run", "--write"], ["apply", plan.short]):
        said = refused(made, *arguments, code=1)
        assert 'config.yaml says "writes: disabled"' in said and '"writes: enabled"' in said
    assert not [call for call in made.crm.calls() if call.startswith("PATCH") or "query/" in call]


# Plans


def test_a_file_that_is_no_plan_is_refused(made: Site) -> None:
    pq.write_table(pa.table({"a": [1]}), made.folder / "other.parquet")
    for name, content in {
        "words.parquet": b"PAR1 this is no plan PAR1",
        "noise.parquet": os.urandom(5000),
        "empty.parquet": b"",
        "other.parquet": None,
    }.items():
        if content is not None:
            (made.folder / name).write_bytes(content)
        said = refused(made, "apply", name, code=1)
        assert f'{name} is not a plan, or was damaged: make a new one with "territory plan"' in said
    assert "words.parquet is not a plan" in refused(made, "show", "words.parquet", code=1)


@pytest.mark.parametrize(
    ("where", "told"),
    [("table", "was changed after it was made"), ("footer", "is not a plan, or was damaged")],
)
def test_a_plan_with_flipped_bytes_is_never_carried_out(made: Site, where: str, told: str) -> None:
    plan = made.plan()
    made.accept(plan)
    content = bytearray(plan.path.read_bytes())
    # A Parquet file ends with its footer, the footer's length in four bytes, and four letters.
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    start = {"table": footer // 2, "footer": footer}[where]
    content[start : start + 8] = bytes(byte ^ 0xFF for byte in content[start : start + 8])
    plan.path.write_bytes(content)
    said = refused(made, "apply", plan.short, code=1)
    assert f"state/plans/{plan.short}/plan.parquet {told}" in said
    assert 'make a new one with "territory plan"' in said


def test_a_plan_of_another_folder_is_neither_approved_nor_carried_out_here(made: Site) -> None:
    plan = made.plan()
    made.accept(plan)
    (made.folder / "copy.parquet").write_bytes(plan.path.read_bytes())
    for file in (made.folder / "state").glob("ledger.sqlite*"):
        file.unlink()
    for verb in ("approve", "apply"):
        said = refused(made, verb, "copy.parquet", code=3)
        assert f"plan {plan.short} is not in this state folder's ledger" in said
        assert 'make it here with "territory plan"' in said


def test_an_unknown_plan_id_is_answered_with_the_one_there_is(made: Site) -> None:
    said = refused(made, "apply", "deadbeef", code=1)
    assert "no plan in state/plans with an id that begins with 'deadbeef'" in said
    assert 'make one with "territory plan"' in said
    assert 'there is no plan yet; make one with "territory plan"' in refused(made, "apply", code=1)
    plan = made.plan()
    assert f"the latest is {plan.short}" in refused(made, "apply", "deadbeef", code=1)


def test_a_plan_is_stale_once_the_rules_or_the_config_have_changed(made: Site) -> None:
    plan = made.plan()
    made.accept(plan)
    change(made, "rules.yaml", "Ireland, Portugal]", "Ireland, Portugal, Malta]")
    said = refused(made, "apply", plan.short, code=3)
    assert f"plan {plan.short} is stale: the rules changed." in said and "territory plan" in said
    add(made, "config.yaml", "owner_role: CSM\n")
    said = refused(made, "apply", plan.short, code=3)
    assert "the rules changed; the config changed" in said


def test_a_breach_that_the_plan_does_not_have_cannot_be_accepted(made: Site) -> None:
    plan = made.plan()
    assert plan.breaches
    said = refused(made, "approve", plan.short, "--accept", "everything", code=1)
    assert f"plan {plan.short} has no breach 'everything'" in said
    for breach in plan.breaches:
        assert breach.name in said
    said = refused(made, "apply", plan.short, code=3)
    for breach in plan.breaches:
        assert f"--accept {breach.name}" in said
        assert breach.message in said


def test_accepting_all_breaches_but_one_is_not_enough(made: Site) -> None:
    plan = made.plan()
    *most, last = [breach.name for breach in plan.breaches]
    made.ok("approve", plan.short, *[word for name in most for word in ("--accept", name)])
    said = refused(made, "apply", plan.short, code=3)
    assert f"--accept {last}" in said
    assert not [name for name in most if f"--accept {name}" in said]


# State


@pytest.mark.parametrize("damage", ["header", "pages", "cut", "noise"])
def test_an_unreadable_ledger_stops_everything_and_is_left_as_it_is(made: Site, damage: str) -> None:
    plan = made.plan()
    made.accept(plan)
    path = made.folder / "state" / "ledger.sqlite"
    path.write_bytes(damaged(path.read_bytes(), damage))
    content = path.read_bytes()
    verbs = [["run", "--write"], ["apply", plan.short], ["status"]]
    for arguments in verbs if damage == "pages" else verbs[:1]:
        said = refused(made, *arguments, code=1)
        assert "the ledger state/ledger.sqlite cannot be read (" in said
        assert "nothing was sent" in said and "Restore it from a backup" in said
    assert path.read_bytes() == content


def damaged(content: bytes, how: str) -> bytes:
    """A ledger as a bad disk, a half copy or a wrong file would leave it."""
    if how == "cut":
        return content[: len(content) // 2]
    if how == "noise":
        return os.urandom(len(content))
    flipped = bytearray(content)
    starts = [0] if how == "header" else range(4096, len(content), 4096)
    for start in starts:
        for at in range(start, start + 100):
            flipped[at] ^= 0xFF
    return bytes(flipped)


def test_a_second_run_at_the_same_time_ends_at_once_and_says_to_come_back(made: Site) -> None:
    made.crm.fault("latency", path="FROM.Account", times=None, seconds=60)
    made.crm.forget_calls()
    first = subprocess.Popen(
        [sys.executable, "-c", "from sync.cli import main; main()", "run", "--write"],
        cwd=made.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not made.crm.calls():
            assert first.poll() is None, "the first run ended before the second began"
        said = refused(made, "run", "--write", code=75)
        assert first.poll() is None, "the second run waited for the first"
    finally:
        first.kill()
        first.wait()
    assert "another run is at work on state; try again when it is done" in said
