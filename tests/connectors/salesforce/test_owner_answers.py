"""Odd SOAP answers, each given word by word, and what a forecast says of owner changes."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Load
from connectors.errors import (
    AuthFailed,
    Locked,
    MissingPermission,
    OutcomeUnknown,
    QuotaSpent,
    RateLimited,
    Refused,
)
from connectors.records import Outcome
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.forecast import forecast
from connectors.salesforce.wire.answers import Answer
from connectors.salesforce.wire.soap import envelope, results_of, text
from connectors.salesforce.writing.results import rows_of

ENVELOPE = 'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
ACME, BOLT = "001000000000001AAA", "001000000000002AAA"
STAKE = {
    "account_teams": 3,
    "account_team_members": 7,
    "manual_shares": 2,
    "open_opportunities": 5,
    "contacts": 11,
    "open_cases": 4,
    "open_activities": 1,
    "opportunity_team_members": 6,
}


def answered(body: str, status: int = 200, start: str = "") -> Answer:
    xml = f'<?xml version="1.0"?>{start}<e:Envelope {ENVELOPE}>{body}</e:Envelope>'
    return Answer(status, {}, xml.encode())


def body(inside: str) -> str:
    return f"<e:Body><updateResponse>{inside}</updateResponse></e:Body>"


def fault(code: str, message: str = "no") -> Answer:
    said = f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
    return answered(f"<e:Body><e:Fault>{said}</e:Fault></e:Body>", 500)


def ok(id: str) -> str:
    return f"<result><id>{id}</id><success>true</success></result>"


def test_results_come_row_by_row_with_salesforce_s_words_and_the_day_s_calls() -> None:
    header = "<limitInfo><current>18</current><limit>5000</limit><type>API REQUESTS</type></limitInfo>"
    failed = (
        "<result><errors><fields>OwnerId</fields><message>a &amp; b</message>"
        "<statusCode>TRANSFER_REQUIRES_READ</statusCode></errors><success>false</success></result>"
    )
    answer = answered(
        f"<e:Header><LimitInfoHeader>{header}</LimitInfoHeader></e:Header>" + body(ok(ACME) + failed)
    )
    results, usage = results_of(answer, "soap")
    assert usage == (18, 5000)
    assert rows_of(results, [ACME, BOLT]) == [
        (Outcome.WRITTEN, "", ""),
        (Outcome.REJECTED, "TRANSFER_REQUIRES_READ", "a & b (OwnerId)"),
    ]


@pytest.mark.parametrize(
    "inside",
    [ok(ACME), ok(ACME) * 2, "", ok(ACME) + ok("001000000000009AAA"), ok(ACME) + "<result><id/></result>"],
    ids=["one missing", "one twice", "none", "a stranger", "no success"],
)
def test_an_answer_that_does_not_add_up_makes_every_row_unknown(inside: str) -> None:
    results, _ = results_of(answered(body(inside)), "soap")
    assert {outcome for outcome, _, _ in rows_of(results, [ACME, BOLT])} == {Outcome.UNKNOWN}


def test_results_in_another_order_go_to_their_own_records() -> None:
    failed = "<result><errors><message>m</message><statusCode>X</statusCode></errors><success>false</success></result>"
    results, _ = results_of(answered(body(failed + ok(ACME))), "soap")
    assert [row[0] for row in rows_of(results, [ACME, BOLT])] == [Outcome.WRITTEN, Outcome.REJECTED]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (fault("INVALID_SESSION_ID"), AuthFailed),
        (fault("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaSpent),
        (fault("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn"), RateLimited),
        (fault("API_DISABLED_FOR_ORG"), MissingPermission),
        (fault("UNABLE_TO_LOCK_ROW"), Locked),
        (fault("INVALID_FIELD"), Refused),
        (fault("UNKNOWN_EXCEPTION"), OutcomeUnknown),
        (fault("SERVER_UNAVAILABLE"), OutcomeUnknown),
        (answered("<e:Body/>"), OutcomeUnknown),
        (answered("", 500), OutcomeUnknown),
        (Answer(500, {}, b"<html>Bad gateway"), OutcomeUnknown),
        (Answer(502, {}, b""), OutcomeUnknown),
        (Answer(200, {}, b"<html>maintenance</html>"), OutcomeUnknown),
        (Answer(200, {}, b'<?xml version="1.0"?><e:Envelope xmlns:e="x"><e:Bo'), OutcomeUnknown),
        (Answer(404, {}, b""), Refused),
        (Answer(429, {}, b""), RateLimited),
    ],
)
def test_a_failed_call_is_its_error(answer: Answer, error: type[Exception]) -> None:
    with pytest.raises(error):
        results_of(answer, "soap")


@pytest.mark.parametrize(
    "start",
    ['<!DOCTYPE a [<!ENTITY b "bomb">]>', '<!DOCTYPE a SYSTEM "file:///etc/passwd">', "<!DOCTYPE a>"],
)
def test_a_document_type_is_refused_before_its_entities_are_read(start: str) -> None:
    with pytest.raises(OutcomeUnknown, match="document type"):
        results_of(answered(body(ok(ACME)), start=start), "soap")


@pytest.mark.parametrize("secret", ["00D!AQ<&>", "00D]]>"])
def test_a_session_and_a_text_are_what_they_are_in_xml(secret: str) -> None:
    import xml.etree.ElementTree as ET

    inside = text("a<b&c>\r\nd")
    sent = envelope(secret, "", f"<x>{inside}</x>")
    root = ET.fromstring(sent)
    assert [e.text for e in root.iter() if e.tag.endswith("}sessionId")] == [secret]
    assert [e.text for e in root.iter() if e.tag.endswith("}x")] == ["a<b&c>\r\nd"]


# -- what is told before anybody approves


def settings(**given: Any) -> SalesforceSettings:
    return SalesforceSettings.model_validate(
        {
            "org_id": "00D000000000001",
            "instance_url": "https://acme.my.salesforce.com",
            "login": {"method": "session", "session_id": {"env": "SF_SESSION"}},
            **given,
        }
    )


def test_a_plan_of_owner_changes_tells_its_calls_per_pair_and_its_way() -> None:
    told = forecast(settings(), Load(0, (450, 3, 1), STAKE))
    assert told.calls == {"retrieve": 2, "query": 1, "soap": 5}
    [way] = told.strategy
    assert "454 changes of owner: SOAP update" in way
    assert "3 pairs" in way
    assert "which only SOAP keeps" in way


def test_by_default_teams_stay_shares_go_and_no_child_moves() -> None:
    effects = " ".join(forecast(settings(), Load(0, (1,), STAKE)).effects)
    assert "7 members of 3 account teams stay." in effects
    assert "2 manual shares of these accounts: Salesforce drops them with every owner change." in effects
    for told in ("5 open opportunities", "11 contacts", "4 open cases", "1 open activities"):
        assert f"{told} of the old owners on these accounts stay with the old owners." in effects
    assert "mail" not in effects


def test_a_policy_that_moves_and_restores_says_so() -> None:
    change = {"transfer": {"contacts": True, "open_opportunities": True}, "restore": True, "send_email": True}
    effects = " ".join(forecast(settings(owner_change=change), Load(0, (1,), STAKE)).effects)
    assert "11 contacts of the old owners on these accounts move to the new owners." in effects
    assert "4 open cases of the old owners on these accounts stay" in effects
    assert "6 members of the teams of these opportunities stay." in effects
    assert "they are put back" in effects
    assert "mail" in effects


@pytest.mark.parametrize(
    ("given", "fate"),
    [
        ({"keep_account_team": False}, "are deleted."),
        ({"way": "collections", "restore": True}, "are deleted and put back."),
        ({"way": "collections"}, "would be deleted, which the config does not allow."),
        ({"way": "bulk", "may_lose_teams_and_shares": True}, "are deleted."),
    ],
)
def test_ways_that_lose_teams_say_so(given: dict[str, Any], fate: str) -> None:
    effects = " ".join(forecast(settings(owner_change=given), Load(0, (1,), STAKE)).effects)
    assert f"7 members of 3 account teams {fate}" in effects


def test_what_was_not_counted_is_said_and_nothing_costs_nothing() -> None:
    assert "was not counted" in forecast(settings(), Load(0, (1,), {})).effects[0]
    assert forecast(settings(), Load(0)).calls == {}
