"""The whole assignment as one script that a person can read and run in a warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from rules.engine.classing import classed
from rules.engine.columns import ClassColumn
from rules.engine.compiled import Compiled, compiled
from rules.engine.deciding import decided
from rules.engine.dialects.plain import plain_columns
from rules.engine.dialects.script import Script
from rules.engine.dialects.translate import Dialect
from rules.engine.errors import AssignError
from rules.engine.gate_columns import gate_columns
from rules.engine.lay import lay_masks, lay_turns
from rules.engine.masking.masks import CAP
from rules.engine.outcomes import FIRST_TERRITORY
from rules.engine.pods.owners import read_owners
from rules.language.ruleset import RuleSet, holders_of
from rules.language.today import on_day

RUN = {Dialect.DUCKDB: "The tests run this script in DuckDB and compare its answers with the engine's."}
NOT_RUN = (
    "Generated: the tests check that the text parses as {dialect}, and run only its DuckDB form. The same "
    "queries run on Spark by `engine: kind: spark`."
)
HEADER = """The assignment plan of {rules} rules (hash {hash}) on {day}, for {dialect}.
Reads the table {accounts}, with the columns of a snapshot; makes tables and views named {prefix}*.
The last statement gives one row per account and role.
{run}
What the script does not do, and `territory plan` does:
- read odd spellings: values must be plain (ISO country and state codes, bare registrable domains, text that
  lower-casing folds, postal codes as the country writes them); nothing is said about values that cannot be read
- choose who in a pod: `pod` names it, and `owner_id` is set only for who is in it already
- caps, floors and round robin, which count over all accounts"""


def plan_sql(
    rules: RuleSet,
    owners: Path,
    columns: pa.Schema,
    dialect: Dialect | str,
    as_of: date,
    *,
    accounts: str = "accounts",
    prefix: str = "territory_",
    holders: Mapping[str, str] | None = None,
    cap: int = CAP,
) -> str:
    """The script; `owners` is the snapshot's file of users, `columns` the accounts' columns and their types.

    Raises AssignError for rules that need what a script cannot do: following an ultimate parent, holds with
    `hold_days`, derived fields, patterns and fields of several values.
    """
    words = Dialect(dialect)
    present = holders if holders is not None else holders_of(rules)
    today = on_day(rules, as_of)
    ready = compiled(today, read_owners(owners, rules.reps, as_of), present, cap, as_of)
    _refuse(ready)
    script = Script(words, accounts, prefix)
    living = "NOT coalesce(deleted, FALSE)" if "deleted" in columns.names else ""
    script.parquet("accounts", Path(), where=living)
    lay_masks(script, ready.classes, ready.masks)
    lay_turns(script, ready.turns, ready.owners)
    _lay_names(script, ready)
    script.keep("classed", classed(_columns(script, ready, columns), ready.holders, ready.follows))
    script.keep("decided", decided(ready))
    script.statements.append(script.said(_answer(ready)))
    header = HEADER.format(
        rules=len(today.rules), hash=rules.hash, day=as_of.isoformat(), dialect=words, accounts=accounts,
        prefix=prefix, run=RUN.get(words, NOT_RUN.format(dialect=words)),
    )  # fmt: skip
    comment = "\n".join(f"-- {line}" for line in header.splitlines())
    return f"{comment}\n\n" + "".join(f"{statement};\n\n" for statement in script.statements)


def _refuse(ready: Compiled) -> None:
    needed = ready.needed
    derived = [*needed.computed, *needed.opportunities, *needed.families]
    reasons = [
        *(f"the derived field {found.name!r}" for found in derived),
        *(f"a pattern of {found.test.field!r}" for found in needed.patterns),
        *(f"the field {field!r}, which holds several values" for field in needed.items),
        *(f"the hold {rule.id!r}, which ends after some days" for rule in ready.timed),
        *(["rules that follow the ultimate parent"] if ready.follows else []),
        *(["money in several currencies"] if needed.read else []),
    ]
    if reasons:
        raise AssignError(
            f"a script cannot say {reasons[0]}"
            + (f" (nor {len(reasons) - 1} more)" if reasons[1:] else "")
            + '; run the plan itself with "territory plan", on many machines with engine: kind: spark'
        )


def _columns(script: Script, ready: Compiled, schema: pa.Schema) -> list[ClassColumn]:
    gates = gate_columns(ready.classes, ready.roles, ready.timed, ready.as_of)
    read = {field: found for field, found in ready.classes.items() if field not in gates}
    columns = {column.field: column for column in plain_columns(script, ready.asked, read, schema)}
    return [(columns | gates)[field] for field in ready.classes]


def _lay_names(script: Script, ready: Compiled) -> None:
    """Writes `outcomes`, `territories`, `people` and `pods`: the words for the plan's numbers."""
    catalogue = ready.catalogue
    numbers = pa.array(range(len(catalogue.outcomes)), pa.int32())
    places = pa.array([outcome.territory for outcome in catalogue.outcomes], pa.int32())
    words = {column: values.cast(pa.string()) for column, values in catalogue.columns().items()}
    script.store("outcomes", pa.table({"number": numbers, "place": places, **words}))
    _lay_numbered(script, "territories", list(enumerate(catalogue.territories))[FIRST_TERRITORY:])
    _lay_numbered(script, "people", [(owner.number, owner.id) for owner in ready.owners.all])
    teams = ready.turns[0].teams if ready.turns else {}
    _lay_numbered(script, "pods", [(number, team.pod.name) for number, team in teams.items()])


def _lay_numbered(
    script: Script, table: str, rows: list[tuple[int, str]] | list[tuple[int, str | None]]
) -> None:
    columns = {
        "number": pa.array([number for number, _ in rows], pa.int32()),
        "word": pa.array([word for _, word in rows], pa.string()),
    }
    script.store(table, pa.table(columns))


def _answer(ready: Compiled) -> str:
    parts = []
    for role, turns in enumerate(ready.turns):
        place = f"coalesce(d.territory_{role}, o.place)" if any(turns.borrows) else "o.place"
        parts.append(
            "SELECT d.id AS account_id, o.role AS role, o.decision AS decision, t.word AS territory, "
            "o.rule_id AS rule_id, p.word AS owner_id, "
            f"CASE WHEN d.owner_{role} IS NULL THEN s.word END AS pod, o.reason_code AS reason_code, "
            f"o.reason AS reason FROM decided AS d JOIN outcomes AS o ON o.number = d.outcome_{role} "
            f"LEFT JOIN territories AS t ON t.number = {place} "
            f"LEFT JOIN people AS p ON p.number = d.owner_{role} "
            f"LEFT JOIN pods AS s ON s.number = d.pod_{role}"
        )
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS answers ORDER BY account_id, role"
