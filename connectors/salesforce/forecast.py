"""What a plan takes of an org, and what Salesforce does beside it: told before anybody approves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from connectors.base import Forecast, Load
from connectors.errors import Refused
from connectors.salesforce.config import SalesforceSettings, Transfer
from connectors.salesforce.writing.ingest_forecast import calls_of, split
from connectors.salesforce.writing.policy import Strategy, Way, strategy, teams_may_go

LOOKED = 2_000
"""Records of one retrieve, and of one batch of writes."""
SENT = 200
"""Records of one call by Collections or SOAP (doc)."""
STRICTLY = 25
"""Sub-requests of one Composite call (doc)."""
MEMBERS_ASKED = 400
"""Records whose memberships of territories one query tells."""
FIRST_USERS = 20
"""Users of one call that puts them into territories."""
QUERIED = 450
"""Accounts whose children one query finds, so that its address stays short enough."""

_KEYS = {name: f"open_{name}" if name == "cases" else name for name in Transfer.model_fields}
"""What may be transferred, and under which name it is counted."""


def forecast(settings: SalesforceSettings, load: Load) -> Forecast:
    """Calls at most, re-read and verification included; ways and effects in sentences."""
    told: Counter[str] = Counter()
    ways: list[str] = []
    if load.records:
        fields = split(load.records, settings.bulk_write_above, settings.bulk_write_probe)
        told += Counter({"retrieve": 2 * _calls(load.records, LOOKED)}) + fields.calls
        ways.append(f"{_n(load.records, 'record')} that keep their owner: {fields}.")
    if load.owner_groups:
        chosen = _chosen(settings)
        told += _moves(settings, load, chosen)
        ways.append(_said(load, chosen))
    if load.members.get("accounts") or load.members.get("users"):
        told += _members(load.members)
        ways.append(
            f"Territories of {_n(load.members['accounts'], 'account')} and {_n(load.members['users'], 'user')}: rows are "
            "created first and deleted then; users in small calls, one after the other."
        )
    effects = tuple(_effects(settings, load)) if load.owner_groups else ()
    return Forecast(dict(told), tuple(ways), effects)


def _members(members: Mapping[str, int]) -> Counter[str]:
    """Looked at before and after; the model and its territories once each time."""
    told = Counter({"query": 4})
    for kind, size in (("accounts", SENT), ("users", FIRST_USERS)):
        told["query"] += 2 * _calls(members[kind], MEMBERS_ASKED)
        # A batch of writes is whole in itself, so that its last call of each kind may be a small one.
        batches = _calls(members[kind], LOOKED)
        for name, done in (("territory_create", "added"), ("territory_delete", "removed")):
            rows = members[f"{kind}_{done}"]
            told[name] += _calls(rows, size) + min(rows, max(0, batches - 1))
    return told


def _moves(settings: SalesforceSettings, load: Load, chosen: Strategy | None) -> Counter[str]:
    moves, change = sum(load.owner_groups), settings.owner_change
    batches = _calls(moves, LOOKED)
    told = Counter({"retrieve": 2 * batches, "query": batches if change.find_overwritten else 0})
    if chosen is None:
        return told
    if chosen.way is Way.STRICT:
        each = STRICTLY if settings.strict_by_composite else 1
        told += Counter({"strict": _calls(moves, each), "etag": _calls(moves, each)})
    elif chosen.way is Way.SOAP:
        # A batch may end within a pair, which then takes one call more.
        told["soap"] = sum(_calls(size, SENT) for size in load.owner_groups) + batches - 1
    elif chosen.way is Way.COLLECTIONS:
        told["write"] = _calls(moves, SENT)
    elif chosen.way is Way.BULK:
        told += calls_of(batches)
    asked = _calls(moves, QUERIED)
    if change.restore:
        lost = load.at_stake.get("account_team_members", 0) + load.at_stake.get("manual_shares", 0)
        told += Counter({"query": 4 * asked, "restore": _calls(lost, SENT)})
    if change.moves_children and (chosen.way is not Way.SOAP or change.one_by_one):
        kinds = change.transfer.model_dump()
        children = sum(load.at_stake.get(_KEYS[kind], 0) for kind, wanted in kinds.items() if wanted)
        told += Counter({"query": asked * sum(kinds.values()), "child": _calls(children, SENT)})
    return told


def _chosen(settings: SalesforceSettings) -> Strategy | None:
    """As in an org with account teams, which takes the most calls; None where such an org would be refused."""
    try:
        return strategy(settings, has_teams=True)
    except Refused:
        return None


def _said(load: Load, chosen: Strategy | None) -> str:
    moves, pairs = sum(load.owner_groups), len(load.owner_groups)
    what = f"{_n(moves, 'change')} of owner"
    if chosen is None:
        return f"{what}: by a way that deletes account teams; an org that has them will refuse it."
    how = {
        Way.SOAP: f"SOAP update, {SENT} of one old and one new owner a call ({_n(pairs, 'pair')})",
        Way.COLLECTIONS: f"Collections, {SENT} a call",
        Way.STRICT: "each record by a request of its own",
        Way.BULK: "Bulk 2.0 jobs",
    }[chosen.way]
    return f"{what}: {how}, because {chosen.why}."


def _effects(settings: SalesforceSettings, load: Load) -> Iterator[str]:
    change, stake = settings.owner_change, load.at_stake
    if not stake:
        yield "What hangs on the accounts that change hands was not counted; the policy of crm.owner_change applies."
    teams, members = stake.get("account_teams", 0), stake.get("account_team_members", 0)
    if members:
        chosen = _chosen(settings)
        kept = change.keep_account_team and chosen is not None and chosen.way is Way.SOAP
        fate = "stay" if kept else "are deleted and put back" if change.restore else "are deleted"
        if not kept and not teams_may_go(change):
            fate = "would be deleted, which the config does not allow"
        yield f"{_n(members, 'member')} of {_n(teams, 'account team')} {fate}."
    if shares := stake.get("manual_shares", 0):
        fate = "; they are put back" if change.restore else ""
        yield f"{_n(shares, 'manual share')} of these accounts: Salesforce drops them with every owner change{fate}."
    yield from _children(settings, load)
    if change.send_email:
        yield "Salesforce sends each new owner a mail."


def _children(settings: SalesforceSettings, load: Load) -> Iterator[str]:
    change = settings.owner_change
    for kind, wanted in change.transfer.model_dump().items():
        key = _KEYS[kind]
        if count := load.at_stake.get(key, 0):
            fate = "move to the new owners" if wanted else "stay with the old owners"
            yield f"{count:,} {key.replace('_', ' ')} of the old owners on these accounts {fate}."
    if change.transfer.open_opportunities and (members := load.at_stake.get("opportunity_team_members", 0)):
        fate = "stay" if change.keep_opportunity_teams else "are deleted"
        yield f"{_n(members, 'member')} of the teams of these opportunities {fate}."


def _calls(records: int, size: int) -> int:
    return -(-records // size)


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
