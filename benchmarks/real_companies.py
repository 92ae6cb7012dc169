"""Turns the real-company file into CRM-shaped CSV files, and into the tables of a snapshot.

    python -m benchmarks.real_companies --companies ../shared/data/companies/companies.csv --into DIR

DIR/salesforce and DIR/hubspot hold one CSV per object with the CRM's own field names, for a local CRM's `--csv`;
DIR/snapshot holds the Parquet tables that rules read. The companies are real. Made up from the seed are the
sixty reps, the present owners (as untidy as in life: a fifth unowned, a sixth with reps who left), yearly
revenue inside the market-cap band, opportunities and activities.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.tables import ACCOUNTS, ACTIVITIES, OPPORTUNITIES, OWNERS
from rules.language.condition import FieldKind
from rules.language.load import STANDARD_FIELDS, load_rules
from rules.language.ruleset import RuleSet
from rules.tables import Tables

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "companies" / "rules.yaml"
FIELDS: Mapping[str, FieldKind] = {
    **STANDARD_FIELDS,
    "sector": FieldKind.TEXT,
    "market_cap": FieldKind.TEXT,
}
"""The account fields of the example: the standard ones and the two that its config maps."""
OTHERS = (
    ("former.one@example.com", False, True),
    ("former.two@example.com", False, True),
    ("former.three@example.com", False, True),
    ("crm.integration@example.com", True, False),
)
"""Owners beside the reps: (email, active, person)."""
CUSTOM = {
    "salesforce": ("Account.Sector__c:Text", "Account.Market_Cap__c:Text"),
    "hubspot": ("companies.sector:string", "companies.market_cap:string", "companies.gics_industry:string"),
}
"""The local CRMs' `--field` for the columns that the standard objects have not.

HubSpot's own `industry` is an enumeration of its own words, so the companies' industry has a field of its own.
"""
BANDS = {
    "Mega Cap": (5e10, 4e11, 12),
    "Large Cap": (2e9, 5e10, 6),
    "Mid Cap": (3e8, 2e9, 4),
    "Small Cap": (5e7, 3e8, 3),
    "Micro Cap": (8e6, 5e7, 2),
    "Nano Cap": (5e5, 8e6, 1),
}
"""Yearly revenue from .. to in USD, and the most activities of a quarter, by market-cap band."""
ACCOUNT_SCHEMA = ACCOUNTS.append(pa.field("sector", pa.string())).append(pa.field("market_cap", pa.string()))


class World:
    """The companies with everything made up about them, as tables of one DuckDB connection."""

    def __init__(self, companies: Path, rules: RuleSet, as_of: date, seed: int) -> None:
        self.con = duckdb.connect()
        self.con.execute("SET TimeZone = 'UTC'")
        self.now = datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=UTC)
        self._owners(rules)
        self.con.execute(
            f"CREATE MACRO luck(key, what) AS (md5_number_lower(key || '|' || what || '|{seed}') % 1000003) / 1000003.0::DOUBLE"
        )
        self._accounts(companies)
        self._opportunities()
        self._activities()

    def _owners(self, rules: RuleSet) -> None:
        reps = sorted({member.email for pod in rules.pods.values() for member in pod.members})
        people = [(email, True, True) for email in reps] + list(OTHERS)
        rows = [
            {"n": n, "email": email, "name": email.split("@")[0].replace(".", " ").title()}
            | {"active": active, "person": person}
            for n, (email, active, person) in enumerate(people)
        ]
        self.con.register("owner_rows", pa.Table.from_pylist(rows))
        self.con.execute("CREATE TABLE owners AS SELECT * FROM owner_rows ORDER BY n")
        self.reps = len(reps)

    def _accounts(self, companies: Path) -> None:
        bands = ", ".join(f"('{band}', {low}, {high}, {most})" for band, (low, high, most) in BANDS.items())
        self.con.execute(f"""
            CREATE TABLE accounts AS
            WITH bands(band, low, high, most) AS (VALUES {bands}),
            rows AS (SELECT row_number() OVER (ORDER BY symbol) AS n, * FROM read_csv(
                '{companies}', all_varchar = true, header = true, quote = '"', escape = '"'))
            SELECT n, symbol, trim(name) AS name, sector, industry, country, state, city, zipcode, website, market_cap,
                   round(low * pow(high / low, luck(symbol, 'revenue')), -3) AS revenue, coalesce(most, 0) AS most,
                   CASE WHEN luck(symbol, 'owned') < 0.20 THEN NULL
                        WHEN luck(symbol, 'owned') < 0.36
                          THEN {self.reps} + CAST(floor(3 * luck(symbol, 'left')) AS INTEGER)
                        ELSE CAST(floor({self.reps} * pow(luck(symbol, 'owner'), 2)) AS INTEGER) END AS owner
            FROM rows LEFT JOIN bands ON band = market_cap ORDER BY n""")

    def _opportunities(self) -> None:
        self.con.execute(f"""
            CREATE TABLE opportunities AS
            SELECT row_number() OVER (ORDER BY n) AS n, n AS account, owner, 'Deal ' || symbol AS name,
                   luck(symbol, 'stage') AS stage, round(revenue * 0.0005 * (0.5 + luck(symbol, 'amount')), 2) AS amount,
                   CAST(TIMESTAMPTZ '{self.now}' AS DATE) + CAST(luck(symbol, 'close')
                     * CASE WHEN luck(symbol, 'stage') < 0.4 THEN -180 ELSE 90 END AS INTEGER) AS close_date
            FROM accounts WHERE revenue IS NOT NULL AND luck(symbol, 'deal') < 0.3""")

    def _activities(self) -> None:
        self.con.execute(f"""
            CREATE TABLE activities AS
            WITH each AS (
              SELECT n AS account, coalesce(owner, {self.reps + 3}) AS owner, symbol || '#' || i AS key
              FROM accounts, unnest(range(CAST(round((2 * most + 1) * pow(luck(symbol, 'busy'), 3)) AS INTEGER))) AS t(i))
            SELECT row_number() OVER (ORDER BY account, key) AS n, account, owner,
                   list_extract(['call', 'email', 'email', 'meeting', 'note', 'task'],
                     1 + CAST(floor(6 * luck(key, 'type')) AS INTEGER)) AS type,
                   list_extract(['inbound', 'outbound'], 1 + CAST(floor(2 * luck(key, 'way')) AS INTEGER)) AS way,
                   10 + CAST(floor(50 * luck(key, 'long')) AS INTEGER) AS minutes,
                   date_trunc('second', TIMESTAMPTZ '{self.now}' - to_seconds(luck(key, 'when') * 180 * 86400)) AS happened
            FROM each""")

    def write(self, query: str, into: Path) -> None:
        """One CSV file with a header; nothing is an empty cell."""
        self.con.execute(f"COPY ({query}) TO '{into}' (HEADER, DELIMITER ',', NULLSTR '')")

    def save(self, query: str, schema: pa.Schema, into: Path) -> None:
        """One Parquet table of a snapshot; columns that the query leaves out are null."""
        found = self.con.sql(query).to_arrow_table()
        empty = {name: pa.nulls(found.num_rows, schema.field(name).type) for name in schema.names}
        columns = {
            name: found.column(name) if name in found.column_names else empty[name] for name in schema.names
        }
        pq.write_table(pa.table(columns).cast(schema), into)


def salesforce_id(prefix: str, number: str) -> str:
    """An 18-character id whose last 12 of 15 are digits, so that only the prefix's capitals show in the checksum."""
    check = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[sum(1 << i for i, c in enumerate(prefix) if c.isupper())]
    return f"'{prefix}' || lpad(CAST({number} AS VARCHAR), 12, '0') || '{check}AA'"


def salesforce(world: World, into: Path) -> Sequence[tuple[str, Path]]:
    """User, Account, Opportunity, Task and Event; accounts that nobody owns belong to the integration user."""
    owner = salesforce_id("005", f"coalesce(owner, {world.reps + 3}) + 1000")
    account = salesforce_id("001", "account")
    stages = "CASE WHEN stage < 0.2 THEN 'Closed Won' WHEN stage < 0.4 THEN 'Closed Lost' ELSE 'Proposal/Price Quote' END"
    shared = f"{account} AS WhatId, {account} AS AccountId, {owner} AS OwnerId, CAST(happened AS DATE) AS ActivityDate"
    stamp = "strftime(happened, '%Y-%m-%dT%H:%M:%S+00:00')"
    return files(world, into, {
        "User": f"""SELECT {salesforce_id("005", "n + 1000")} AS Id, email AS Username, email AS Email, name AS LastName,
            name AS Name, left(name, 8) AS Alias, active AS IsActive, 'Standard' AS UserType FROM owners""",
        "Account": f"""SELECT {salesforce_id("001", "n")} AS Id, name AS Name, country AS BillingCountry, state AS BillingState,
            left(city, 40) AS BillingCity, zipcode AS BillingPostalCode, website AS Website, industry AS Industry,
            sector AS Sector__c, market_cap AS Market_Cap__c, CAST(revenue AS BIGINT) AS AnnualRevenue, symbol AS TickerSymbol,
            {owner} AS OwnerId FROM accounts""",
        "Opportunity": f"""SELECT {salesforce_id("006", "n")} AS Id, {account} AS AccountId, {owner} AS OwnerId, name AS Name,
            {stages} AS StageName, amount AS Amount, close_date AS CloseDate, stage < 0.4 AS IsClosed, stage < 0.2 AS IsWon
            FROM opportunities""",
        "Task": f"""SELECT {salesforce_id("00T", "n")} AS Id, {shared}, 'Touch' AS Subject, true AS IsClosed,
            CASE type WHEN 'call' THEN 'Call' WHEN 'email' THEN 'Email' ELSE 'Task' END AS TaskSubtype,
            'Completed' AS Status, 'Normal' AS Priority, {stamp} AS CompletedDateTime,
            CASE type WHEN 'call' THEN upper(way[1]) || way[2:] END AS CallType FROM activities WHERE type <> 'meeting'""",
        "Event": f"""SELECT {salesforce_id("00U", "n")} AS Id, {shared}, 'Meeting' AS Subject, {stamp} AS StartDateTime,
            {stamp} AS ActivityDateTime, minutes AS DurationInMinutes, 'Event' AS EventSubtype
            FROM activities WHERE type = 'meeting'""",
    })  # fmt: skip


def hubspot(world: World, into: Path) -> Sequence[tuple[str, Path]]:
    """Owners (reps who left are archived), companies, deals and the five kinds of activities."""
    owner = "CASE WHEN owner IS NOT NULL THEN owner + 1000 END AS hubspot_owner_id"
    stages = (
        "CASE WHEN stage < 0.2 THEN 'closedwon' WHEN stage < 0.4 THEN 'closedlost' ELSE 'qualifiedtobuy' END"
    )
    at = "strftime(happened, '%Y-%m-%dT%H:%M:%S+00:00') AS hs_timestamp"
    domain = r"regexp_extract(lower(website), '^(?:https?://)?(?:www\.)?([^/:]+)', 1)"
    shared = f"n AS hs_object_id, {owner}, account + 100000 AS associatedcompanyid, {at}"
    queries = {
        "owners": """SELECT n + 1000 AS id, email, name AS "lastName", NOT active AS archived FROM owners""",
        "companies": f"""SELECT n + 100000 AS hs_object_id, name, nullif({domain}, '') AS domain, website, country, state, city,
            zipcode AS zip, industry AS gics_industry, sector, market_cap, CAST(revenue AS BIGINT) AS annualrevenue, {owner}
            FROM accounts""",
        "deals": f"""SELECT n + 200000 AS hs_object_id, {owner}, account + 100000 AS associatedcompanyid, name AS dealname,
            amount, {stages} AS dealstage, 'default' AS pipeline, strftime(close_date, '%Y-%m-%dT00:00:00+00:00') AS closedate
            FROM opportunities""",
    }  # fmt: skip
    for type, extra in {
        "call": ", upper(way) AS hs_call_direction, minutes * 60000 AS hs_call_duration, 'COMPLETED' AS hs_call_status",
        "email": ", CASE way WHEN 'inbound' THEN 'INCOMING_EMAIL' ELSE 'EMAIL' END AS hs_email_direction",
        "meeting": ", 'COMPLETED' AS hs_meeting_outcome",
        "note": "",
        "task": ", 'COMPLETED' AS hs_task_status",
    }.items():
        queries[f"{type}s"] = f"SELECT {shared}{extra} FROM activities WHERE type = '{type}'"
    return files(world, into, queries)


def files(world: World, into: Path, queries: Mapping[str, str]) -> Sequence[tuple[str, Path]]:
    """Writes (object, file) for every query, in order: owners before what they own."""
    into.mkdir(parents=True, exist_ok=True)
    for name, query in queries.items():
        world.write(query, into / f"{name}.csv")
    return [(name, into / f"{name}.csv") for name in queries]


def snapshot(world: World, into: Path) -> Tables:
    """The tables as a connector would have pulled them."""
    into.mkdir(parents=True, exist_ok=True)
    tables = Tables(
        *(into / f"{name}.parquet" for name in ("accounts", "owners", "opportunities", "activities"))
    )
    owner, account = (
        "'o' || lpad(CAST(owner AS VARCHAR), 3, '0')",
        "'a' || lpad(CAST(account AS VARCHAR), 6, '0')",
    )
    world.save(f"""SELECT {account.replace("account", "n", 1)} AS id, name, {owner} AS owner_id, country, state, city,
        zipcode AS postal_code, website, industry, revenue AS annual_revenue, sector, market_cap, false AS deleted
        FROM accounts""", ACCOUNT_SCHEMA, tables.accounts)  # fmt: skip
    world.save(f"""SELECT {owner.replace("owner", "n", 1)} AS id, name, email, active, person, false AS deleted
        FROM owners""", OWNERS, tables.owners)  # fmt: skip
    world.save(f"""SELECT 'd' || n AS id, {account} AS account_id, {owner} AS owner_id, name, amount, close_date,
        stage < 0.4 AS closed, stage < 0.2 AS won, false AS deleted FROM opportunities""", OPPORTUNITIES,
        tables.opportunities)  # fmt: skip
    world.save(f"""SELECT 'e' || n AS id, {account} AS account_id, {owner} AS owner_id, type, way AS direction,
        minutes::DOUBLE AS minutes, happened AS occurred_at, false AS deleted FROM activities""", ACTIVITIES,
        tables.activities)  # fmt: skip
    return tables


def world_of(companies: Path, as_of: date, seed: int = 1) -> World:
    """The companies with the reps of the example rules."""
    return World(companies, load_rules(EXAMPLE, FIELDS), as_of, seed)


def main() -> None:
    """Writes everything, and prints the commands that load it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--companies", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    world = world_of(given.companies, given.as_of, given.seed)
    snapshot(world, given.into / "snapshot")
    for crm, made in (
        ("salesforce", salesforce(world, given.into / "salesforce")),
        ("hubspot", hubspot(world, given.into / "hubspot")),
    ):
        csv = " ".join(f"--csv {name}={file}" for name, file in made)
        fields = " ".join(f"--field {field}" for field in CUSTOM[crm])
        print(f"python -m connectors.sandbox {crm} --accounts 0 --reps 1 {fields} {csv}\n")


if __name__ == "__main__":
    main()
