"""Verbs on an admin's own folder: init, lint, test, explain, schema."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app import DEFAULT_CONFIG, ConfigOption, app
from sync.errors import DONE, FAILED

if TYPE_CHECKING:
    from sync.answers.linting import LintReport
    from sync.session import Session


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Made if it is not there.")] = Path(),
    crm: Annotated[
        str | None, typer.Option("--crm", help="salesforce, hubspot or files; asked for if left out.")
    ] = None,
    org: Annotated[str | None, typer.Option("--org", help="Salesforce org id or HubSpot portal id.")] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Salesforce My Domain, https://acme.my.salesforce.com.")
    ] = None,
) -> None:
    """Scaffold a folder to keep in git: config, rules, lists, tests, a pull-request workflow. Then test the connection, read-only."""
    from sync.scaffold.make import Answers, make, next_steps

    asked = sys.stdin.isatty()
    crm = crm or (
        typer.prompt("Which CRM (salesforce, hubspot, files)", default="files") if asked else "files"
    )
    if crm in ("salesforce", "hubspot") and org is None and asked:
        org = typer.prompt("Salesforce org id (00D...)" if crm == "salesforce" else "HubSpot portal id")
    if crm == "salesforce" and url is None and asked:
        url = typer.prompt("My Domain (https://acme.my.salesforce.com)")
    answers = Answers(crm, org, url)
    for path in make(folder, answers):
        typer.echo(f"made {path}")
    for line in next_steps(folder, answers):
        typer.echo(line)
    _test_connection(folder / "config.yaml")


def _test_connection(config: Path) -> None:
    from connectors.errors import AuthFailed, ConnectorError
    from sync.config import load_project

    try:
        connector = load_project(config).connect()
    except AuthFailed as error:
        typer.echo(f'\nThe connection was not tested: {error}\nSet the secret, then "territory doctor"')
        return
    except ConnectorError as error:
        typer.echo(f'\nThe connection does not work yet: {error}\nCorrect it, then "territory doctor"')
        return
    try:
        identity = connector.identity()
        typer.echo(f"\nconnected, read-only, to {identity.name} ({identity.id}) as {identity.user}")
    finally:
        connector.close()


def _countable(day: datetime | None) -> datetime | None:
    """A day from which a hundred years may be counted either way."""
    if day is not None and not 1900 <= day.year <= 2200:
        raise typer.BadParameter(f"{day.date()} is not a day from 1900 to 2200")
    return day


AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        callback=_countable,
        help="The day on which rules are looked at; today if left out.",
    ),
]


class Format(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@app.command()
def lint(
    config: ConfigOption = DEFAULT_CONFIG,
    format: Annotated[
        Format, typer.Option("--format", help="For people, scripts, or code review.")
    ] = Format.TEXT,
    as_of: AsOf = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail as errors do.")] = False,
    changed: Annotated[
        str | None,
        typer.Option(
            "--changed", help="A git ref or a folder: what the rules mean now that they did not there."
        ),
    ] = None,
) -> None:
    """Check config, rules and lists, prove that the rules mean what they say, and show an account for each fault."""
    from rules.language.reading.problems import DocumentError
    from sync.answers.linting import lint as look
    from sync.answers.linting import of_problems
    from sync.cli.session import open_session

    try:
        session = open_session(config, progress=False)
        report = look(session, as_of.date() if as_of else None)
        folder = session.project.rules_path.parent
    except DocumentError as error:
        if format is Format.TEXT:
            raise
        report, folder = of_problems(error.problems), config.parent
    _print_lint(report, format, folder)
    if changed is not None and not report.count("error"):
        _print_changes(session, changed, as_of, format)
    raise typer.Exit(report.exit_code(strict=strict))


def _print_changes(session: Session, base: str, as_of: datetime | None, format: Format) -> None:
    """After the report in text; on a line of its own for machines, as SARIF has no place for it."""
    import json

    from sync.answers.rule_changes import rule_changes
    from sync.report.changes_text import changes_json, changes_text
    from sync.today import today_of

    day = as_of.date() if as_of else today_of(session, session.project.rules())
    found = rule_changes(session, base, day)
    text = changes_text(found) if format is Format.TEXT else json.dumps(changes_json(found)) + "\n"
    typer.echo(text, nl=False, err=format is Format.SARIF)


def _print_lint(report: LintReport, format: Format, folder: Path) -> None:
    import json

    from sync.report.lint_text import lint_json, lint_sarif, lint_text

    if format is Format.TEXT:
        typer.echo(lint_text(report), nl=False)
    elif format is Format.JSON:
        typer.echo(json.dumps(lint_json(report), indent=2))
    else:
        from importlib.metadata import version

        from rules.language import codes
        from rules.proof import codes as proof_codes

        meanings = {**codes.meanings(), **proof_codes.meanings()}
        typer.echo(json.dumps(lint_sarif(report, folder, meanings, version("territory-sync")), indent=2))


@app.command()
def test(
    config: ConfigOption = DEFAULT_CONFIG,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Name the rules that no test reaches.")
    ] = False,
    junit: Annotated[Path | None, typer.Option("--junit", help="Also write JUnit XML there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_of: AsOf = None,
) -> None:
    """Run the tests that stand beside the rules: accounts as text, and golden accounts of the last snapshot."""
    from sync.answers.rule_tests import run
    from sync.cli.session import open_session
    from sync.report.tests_text import junit_xml, tests_json

    ran = run(open_session(config, progress=False), as_of.date() if as_of else None)
    if junit is not None:
        junit.write_text(junit_xml(ran), encoding="utf-8")
    if as_json:
        import json

        typer.echo(json.dumps(tests_json(ran), indent=2))
    else:
        typer.echo(str(ran))
        if coverage and ran.uncovered:
            typer.echo("rules that no test reaches: " + ", ".join(ran.uncovered))
    raise typer.Exit(DONE if ran.passed else FAILED)


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="Id, website domain or name.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    role: Annotated[str | None, typer.Option("--role", help="Only this role.")] = None,
    why_not: Annotated[
        str | None, typer.Option("--why-not", help="What would have to change for this rule to win.")
    ] = None,
    every_rule: Annotated[
        bool, typer.Option("--every-rule", help="Every rule, not only those up to the winner.")
    ] = False,
) -> None:
    """Why an account is where it is: the rule that won, and the first test that failed in every rule above it."""
    from sync.answers.explanation import tell
    from sync.cli.session import open_session

    told = tell(open_session(config, progress=False), account, role, why_not)
    if as_json:
        import orjson

        from sync.report.explain_json import explain_json

        typer.echo(orjson.dumps(explain_json(told), option=orjson.OPT_INDENT_2, default=str).decode())
    else:
        from sync.report.explain_text import explain_text

        typer.echo(explain_text(told, every_rule=every_rule), nl=False)


@app.command()
def backtest(
    config: ConfigOption = DEFAULT_CONFIG,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; all if left out.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day; all if left out.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            callback=_countable,
            help="Only this day, over the last snapshot until then.",
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Another rule file, compared with the project's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """What the rules would have moved on the nights whose snapshots are kept: churn, balance, accounts that flip."""
    from sync.answers.backtesting import run
    from sync.cli.session import open_session
    from sync.report.backtest_text import backtest_json, backtest_text

    days = (day.date() if day else None for day in (first, last, as_of))
    begin, end, only = days
    tested = run(open_session(config, progress=False), begin, end, rules, only)
    if as_json:
        import orjson

        typer.echo(orjson.dumps(backtest_json(tested), option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo(backtest_text(tested), nl=False)


@app.command()
def schema() -> None:
    """The JSON Schema of rules.yaml, for editors."""
    import json

    from rules.language.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
