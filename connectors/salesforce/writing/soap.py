"""Owner changes by SOAP update, the one way in which Salesforce keeps account teams (OwnerChangeOptions)."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.salesforce.wire.client import Client
from connectors.salesforce.wire.soap import OBJECT, element, envelope, options, results_of, text
from connectors.salesforce.writing.look import Look, Ready
from connectors.salesforce.writing.results import Row, rows_of


class SoapUpdates:
    """Sends up to 200 accounts that all go from one owner to one other, with their KPI fields."""

    def __init__(
        self,
        client: Client,
        look: Look,
        version: str,
        chosen: Sequence[tuple[str, bool]],
        allow_duplicates: bool,
    ) -> None:
        self._client, self._look, self._path = client, look, f"/services/Soap/u/{version}"
        self._headers = _headers(chosen, allow_duplicates)

    def send(self, rows: Sequence[Ready]) -> list[Row]:
        """One call."""
        assert len({row.pair for row in rows}) == 1, "one old and one new owner a call (doc)"
        body = element("update", "".join(map(self._record, rows)))
        answer = self._client.soap("soap", self._path, lambda session: envelope(session, self._headers, body))
        results, usage = results_of(answer, "soap")
        if usage is not None:
            self._client.note_usage(*usage)
        return rows_of(results, [row.write.id for row in rows])

    def _record(self, row: Ready) -> str:
        """An sObject: its type, what is emptied, its id, what is set, in the order of the WSDL."""
        fields = self._look.fields_of(row)
        empty = [name for name, value in fields.items() if value is None or value == ""]
        parts = [f'<type xmlns="{OBJECT}">Account</type>']
        parts += [f'<fieldsToNull xmlns="{OBJECT}">{name}</fieldsToNull>' for name in empty]
        parts.append(f'<Id xmlns="{OBJECT}">{row.write.id}</Id>')
        parts += [element(name, text(value)) for name, value in fields.items() if name not in empty]
        return element("sObjects", "".join(parts))


def _headers(chosen: Sequence[tuple[str, bool]], allow_duplicates: bool) -> str:
    # Accounts: no rule of territory assignment runs (doc); whether it otherwise would is not documented (?).
    assignment = element("AssignmentRuleHeader", element("useDefaultRule", "false"))
    duplicates = element(
        "DuplicateRuleHeader",
        element("allowSave", "true")
        + element("includeRecordDetails", "false")
        + element("runAsCurrentUser", "true"),
    )
    return assignment + (duplicates if allow_duplicates else "") + options("OwnerChangeOptions", chosen)
