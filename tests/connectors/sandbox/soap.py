"""A plain client of the SOAP API: messages as text, answers as XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3

from connectors.sandbox import Crm

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:{name}.soap.sforce.com"'
    ' xmlns:s="urn:sobject.{name}.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<e:Header>{headers}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
)
KEEP = ("KeepAccountTeam",)


@dataclass(frozen=True)
class Answer:
    status: int
    root: ET.Element

    def texts(self, name: str) -> list[str]:
        return [e.text or "" for e in self.root.iter() if e.tag.rpartition("}")[2] == name]

    def text(self, name: str) -> str:
        [found] = self.texts(name)
        return found

    def rows(self) -> list[dict[str, Any]]:
        found = []
        for result in (e for e in self.root.iter() if e.tag.rpartition("}")[2] == "result"):
            row: dict[str, Any] = {"errors": []}
            for child in result:
                name = child.tag.rpartition("}")[2]
                if name == "errors":
                    row["errors"].append({c.tag.rpartition("}")[2]: c.text for c in child})
                else:
                    row[name] = child.text
            found.append(row)
        return found


class Soap:
    """Calls one org; `name` is partner or enterprise."""

    def __init__(self, org: Crm, name: str = "partner", version: str = "62.0") -> None:
        self.org, self.name, self.version = org, name, version
        self.session = org.credentials["session_id"]
        self.pool = urllib3.PoolManager(retries=False, timeout=10)

    def send(self, content: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        letter = {"partner": "u", "enterprise": "c"}[self.name]
        sent = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'} if headers is None else headers
        url = f"{self.org.url}/services/Soap/{letter}/{self.version}"
        answer = self.pool.request("POST", url, body=content, headers=dict(sent))
        return Answer(answer.status, ET.fromstring(answer.data))

    def call(self, body: str, headers: str = "", session: str | None = None) -> Answer:
        given = f"<u:SessionHeader><u:sessionId>{session or self.session}</u:sessionId></u:SessionHeader>"
        return self.send(ENVELOPE.format(name=self.name, headers=given + headers, body=body).encode())

    def update(
        self,
        *rows: Mapping[str, Any],
        options: Sequence[str] | None = None,
        headers: str = "",
        assign: bool = False,
    ) -> Answer:
        """Rows as {"Id": …, field: value}; None goes into fieldsToNull; options are executed."""
        if options is not None:
            headers += f"<u:OwnerChangeOptions>{''.join(map(_option, options))}</u:OwnerChangeOptions>"
        if not assign:
            headers += (
                "<u:AssignmentRuleHeader><u:useDefaultRule>false</u:useDefaultRule></u:AssignmentRuleHeader>"
            )
        return self.call(f"<u:update>{''.join(self.row(row) for row in rows)}</u:update>", headers)

    def row(self, row: Mapping[str, Any], type: str = "Account") -> str:
        emptied = "".join(f"<s:fieldsToNull>{k}</s:fieldsToNull>" for k, v in row.items() if v is None)
        values = "".join(f"<s:{k}>{v}</s:{k}>" for k, v in row.items() if v is not None)
        if self.name == "enterprise":
            return f'<u:sObjects xsi:type="s:{type}">{emptied}{values}</u:sObjects>'
        return f"<u:sObjects><s:type>{type}</s:type>{emptied}{values}</u:sObjects>"


def _option(kind: str) -> str:
    return f"<u:options><u:type>{kind}</u:type><u:execute>true</u:execute></u:options>"
