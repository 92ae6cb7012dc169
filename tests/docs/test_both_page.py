"""The file that the page on two CRMs shows loads, with the projects that it describes."""

from __future__ import annotations

from pathlib import Path

from sync.both.config import Key, load_pair
from tests.docs.blocks import ROOT, every_block

RULES = """\
version: 1
levels: [geography]
rules:
  - {id: rest, level: geography, when: {}, assign: {territory: rest, owner: kim@example.com}}
"""
SALESFORCE = """\
version: 1
crm:
  kind: salesforce
  org_id: 00D5g000004XXXXEA4
  instance_url: https://acme.my.salesforce.com
  login: {method: session, session_id: {env: SALESFORCE_SESSION}}
rules: ../rules.yaml
fields: {accounts: {hubspot_id: HubSpot_Id__c}}
outputs: {fields: {territory: null, reason: null}}
"""
HUBSPOT = """\
version: 1
crm: {kind: hubspot, portal_id: "20858235", token: {env: HUBSPOT_TOKEN}}
rules: ../rules.yaml
outputs: {fields: {territory: null}}
"""


def test_the_file_of_the_page_joins_two_projects(tmp_path: Path) -> None:
    [block] = [b for b in every_block() if b.page == ROOT / "docs" / "both-crms.md" and "both" in b.words]
    for name, text in (
        ("rules.yaml", RULES),
        ("salesforce/config.yaml", SALESFORCE),
        ("hubspot/config.yaml", HUBSPOT),
        ("both.yaml", block.text),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    pair = load_pair(tmp_path / "both.yaml")
    assert pair.config.match == (Key(lead="hubspot_id", follow="id"), "domain")
    assert (pair.lead.plugin.kind, pair.follow.plugin.kind) == ("salesforce", "hubspot")
