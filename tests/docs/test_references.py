"""Every link leads somewhere, and every command, option, output and setting that a page names exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import click
import pytest
import typer
import yaml

from connectors.files.config import FilesSettings
from connectors.hubspot.config import HubSpotSettings
from connectors.salesforce.config import Login, SalesforceSettings
from rules.language.codes import meanings
from sync.cli.verbs import app
from sync.config import Config
from sync.outputs import OUTPUTS
from tests.docs.blocks import PAGES, ROOT, Block, blocks, prose

DEPLOY = sorted((ROOT / "deploy").iterdir())
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
COMMAND = re.compile(r"(?:^|[\s/])territory (?P<rest>[a-z-].*)")
CRONJOB = ROOT / "deploy" / "cronjob.yaml"


def _slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def _anchors(page: Path) -> frozenset[str]:
    return frozenset(
        _slug(h) for h in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), f"{page.name}: {target} is not there"
        assert found.is_relative_to(ROOT), f"{page.name}: {target} is outside the repository"
        assert not anchor or anchor in _anchors(found), f"{page.name}: {target} names no heading"


def _commands() -> Iterator[tuple[Path, str]]:
    """Every command line that pages, deployment files and the example config show, with its page."""
    for page in PAGES:
        for block in blocks(page):
            yield from ((page, line) for line in _lines(block) if COMMAND.search(line))
        quoted = re.findall(r"`(territory [a-z-][^`]*)`", prose(page).replace("\n", " "))
        yield from ((page, line) for line in quoted)
    yield DEPLOY[0], "territory " + " ".join(yaml.safe_load(CRONJOB.read_text())["spec"]["jobTemplate"]["spec"]
                                            ["template"]["spec"]["containers"][0]["args"])  # fmt: skip
    for path in (
        *DEPLOY,
        ROOT / "config.example.yaml",
        ROOT / "Makefile",
        ROOT / "sync/scaffold/templates/workflow.yml",
    ):
        text = path.read_text(encoding="utf-8")
        yield from ((path, line) for line in re.findall(r"territory (?!rules|sync)[a-z]+[^\n\"]*", text))


def _lines(block: Block) -> list[str]:
    if block.language == "console":
        return [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
    if block.language == "sh":
        return re.split(r"\n|&&", block.text)
    return [block.text] if block.language == "hidden" else []


def _words(line: str) -> list[str]:
    """The verb and its options: what follows `territory` up to the end of that command."""
    found = COMMAND.search(line)
    assert found is not None, line
    command = re.split(r"\s(?:>>|[|;#])|,", found["rest"])[0]
    return shlex.split(command.replace("...", ""))


def _verbs() -> Iterator[tuple[str, click.Command]]:
    """Every verb; those of a group behind its name."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        group = getattr(command, "commands", None)
        yield from (
            ((f"{name} {verb}", inner) for verb, inner in group.items()) if group else ((name, command),)
        )


VERBS: Mapping[str, click.Command] = dict(_verbs())
GROUPS = {name.partition(" ")[0] for name in VERBS if " " in name}


def test_every_command_that_is_shown_exists_with_its_options() -> None:
    seen = set()
    for page, line in _commands():
        verb, *words = _words(line.rstrip("."))
        if verb.startswith("-"):
            continue
        if verb in GROUPS:
            verb, words = f"{verb} {words[0]}", words[1:]
        assert verb in VERBS, f"{page.name}: there is no verb {verb!r}: {line}"
        known = {opt for parameter in VERBS[verb].params for opt in parameter.opts}
        for option in (word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)):
            assert option in known, f"{page.name}: territory {verb} has no {option}"
        seen.add(verb)
    assert set(VERBS) <= seen, f"no page shows {sorted(set(VERBS) - seen)}"


def test_every_error_code_is_explained_as_the_language_explains_it() -> None:
    text = (ROOT / "docs" / "rules-codes.md").read_text(encoding="utf-8")
    for code, meaning in meanings().items():
        assert f"| {code} | {meaning} |" in text


def test_no_page_names_an_error_code_that_does_not_exist() -> None:
    named = {code for page in PAGES for code in re.findall(r"\bR\d{3}\b", page.read_text(encoding="utf-8"))}
    assert named <= set(meanings())


def _settings() -> set[str]:
    """Every key of a config, of the parts in it, and of the connectors' section."""

    def keys(model: type) -> Iterator[str]:
        for name, info in model.model_fields.items():  # type: ignore[attr-defined]
            yield info.alias or name
            if hasattr(info.annotation, "model_fields"):
                yield from keys(info.annotation)

    models = (Config, SalesforceSettings, HubSpotSettings, FilesSettings, Login)
    return {key for model in models for key in keys(model)} | set(OUTPUTS)


def test_every_setting_that_a_page_names_exists() -> None:
    """In prose a setting is written with its colon, `writes: enabled`, or in a table's first column."""
    known = _settings() | {"env", "keyring", "kind", "type", "compare_as", "from", "mode"}
    for page in (
        ROOT / "docs" / name
        for name in (
            "config.md",
            "nights.md",
            "review.md",
            "hubspot.md",
            "hubspot-reading.md",
            "salesforce.md",
        )
    ):
        for key in re.findall(r"`([a-z_]+):(?: [a-z0-9{][^ `]*)?`", prose(page)):
            assert key in known, f"{page.name}: there is no setting {key!r}"
    table = re.findall(r"^\| `([a-z_.]+)`", prose(ROOT / "docs" / "config.md"), re.MULTILINE)
    assert table, "config.md lists the settings"
    assert {key.rpartition(".")[2] for key in table} <= known


def test_every_section_of_the_config_is_on_its_page() -> None:
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    assert [name for name in Config.model_fields if f"`{name}" not in page] == []


def test_every_limit_of_the_gate_is_explained() -> None:
    page = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    source = (ROOT / "sync" / "guard.py").read_text(encoding="utf-8")
    names = set(re.findall(r'Breach\(\s*"([a-z-]+)"', source)) | set(
        re.findall(r'_reps\("([a-z-]+)"', source)
    )
    assert len(names) == 9
    assert {name for name in names if f"`{name}`" not in page} == set()
