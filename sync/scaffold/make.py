"""Makes an admin's folder; a file that is there already is never touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from connectors.registry import kinds
from rules.language.reading.problems import did_you_mean
from sync.errors import ConfigProblem

TEMPLATES: Mapping[str, str] = {
    "rules.yaml": "rules.yaml",
    "lists/boston.csv": "boston.csv",
    ".github/workflows/territory.yml": "workflow.yml",
    ".gitignore": "gitignore",
}
SECRETS = {
    "salesforce": ("SALESFORCE_CLIENT_ID", "SALESFORCE_PRIVATE_KEY"),
    "hubspot": ("HUBSPOT_TOKEN",),
    "files": (),
}
EXPORTS = ("accounts", "owners")


@dataclass(frozen=True, slots=True)
class Answers:
    """What init asks."""

    crm: str
    org: str | None = None
    url: str | None = None


def make(folder: Path, answers: Answers) -> Iterator[Path]:
    """Make what is not there yet, and answer each path that was made."""
    if answers.crm not in SECRETS:
        own = ", ".join(sorted(set(kinds()) - set(SECRETS)))
        extra = f" (for {own}, write config.yaml as its documentation says)" if own else ""
        raise ConfigProblem(
            f"no scaffold for {answers.crm!r}; {did_you_mean(answers.crm, list(SECRETS))}{extra}"
        )
    wanted = {name: _template(template) for name, template in TEMPLATES.items()}
    wanted["config.yaml"] = _config(answers)
    if answers.crm == "files":
        wanted |= {f"exports/{name}.csv": _template(f"{name}.csv") for name in EXPORTS}
    for name, content in wanted.items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            yield path


def next_steps(folder: Path, answers: Answers) -> list[str]:
    """What a person does next, in order."""
    steps = [f"export {name}=..." for name in SECRETS[answers.crm]]
    steps += ["territory doctor", "territory test", "territory plan"]
    return ["", f"Next, in {folder.resolve().name}:", *(f"  {step}" for step in steps)]


def _config(answers: Answers) -> str:
    text = _template(f"config.{answers.crm}.yaml")
    return text.replace("@ORG@", answers.org or _placeholder(answers.crm)).replace(
        "@URL@", answers.url or "https://example.my.salesforce.com"
    )


def _placeholder(crm: str) -> str:
    return "00D000000000000EAA" if crm == "salesforce" else "12345678"


def _template(name: str) -> str:
    return files("sync.scaffold").joinpath("templates", name).read_text(encoding="utf-8")
