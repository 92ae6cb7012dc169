"""`python -m connectors.sandbox salesforce|hubspot …`: a local CRM until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
from pathlib import Path

from connectors.sandbox.seed import Seed
from connectors.sandbox.server import VENDORS, serve


def _csv(text: str) -> tuple[str, Path]:
    object, separator, path = text.partition("=")
    if not separator or not object:
        raise argparse.ArgumentTypeError(f"{text!r} is not OBJECT=FILE")
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {path}")
    return object, Path(path)


def _field(text: str) -> tuple[str, str, str]:
    name, _, type = text.partition(":")
    object, _, field = name.partition(".")
    if not (object and field and type):
        raise argparse.ArgumentTypeError(f"{text!r} is not OBJECT.NAME:TYPE")
    return object, field, type


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    made.add_argument("vendor", choices=VENDORS)
    made.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    made.add_argument("--accounts", type=int, default=500)
    made.add_argument("--reps", type=int, default=12)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--activities-per-account", type=float, default=4)
    for name, what in (
        ("contacts-per-account", "contacts of an account, on average"),
        ("cases-per-account", "cases of an account, on average"),
        ("with-team", "share of accounts that have a team"),
        ("with-manual-share", "share of accounts that were shared by hand"),
        ("deals-with-team", "share of deals that have a team"),
    ):
        made.add_argument(f"--{name}", type=float, default=0.0, help=what)
    made.add_argument("--csv", type=_csv, action="append", default=[], metavar="OBJECT=FILE")
    made.add_argument("--field", type=_field, action="append", default=[], metavar="OBJECT.NAME:TYPE")
    made.add_argument("--state", default=":memory:", metavar="FILE", help="keeps everything across restarts")
    return made


def main(arguments: list[str] | None = None) -> None:
    """Serves what the command line says."""
    given = parser().parse_args(arguments)
    seed = Seed(
        given.accounts,
        given.reps,
        given.seed,
        given.activities_per_account,
        contacts_per_account=given.contacts_per_account,
        cases_per_account=given.cases_per_account,
        with_team=given.with_team,
        with_manual_share=given.with_manual_share,
        deals_with_team=given.deals_with_team,
    )
    serve(given.vendor, seed=seed, state=given.state, csv=given.csv, fields=given.field, port=given.port)


if __name__ == "__main__":
    main()
