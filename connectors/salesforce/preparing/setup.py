"""What the outputs need in an org, planned from what is there.

Nothing that exists is changed: an admin's label, help text, view or permission stays. Permissions are only added, and
only where our user lacks something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import SetupStep
from connectors.errors import FieldProblem, FieldProblems
from connectors.mapping import FieldMap, MappedField
from connectors.salesforce.config import SalesforceSettings
from connectors.salesforce.preparing import parts
from connectors.salesforce.preparing.grants import Grants
from connectors.salesforce.preparing.metadata import Component, Metadata
from connectors.salesforce.preparing.needs import Need, Needs
from connectors.salesforce.preparing.rights import PERMISSION_SET, ObjectRight, object_rights, user_rights
from connectors.salesforce.preparing.shape import Shape
from connectors.salesforce.wire.client import Client


@dataclass(frozen=True, slots=True)
class Setup:
    """Plans what the outputs need in an org."""

    client: Client
    settings: SalesforceSettings
    mapping: FieldMap

    def steps(self, outputs: Sequence[MappedField]) -> list[SetupStep]:
        """Fields, the permission set or what it lacks, a list view, a report type, and the set for our user.

        FieldProblems where a missing field has a name that no custom field can have.
        """
        shape = Shape(self.client)
        needs = Needs(self.client, shape, self.mapping)
        hidden = [field for field in outputs if shape.find("Account", field.source) is None]
        _refuse_standard(hidden)
        absent = [field for field in hidden if not needs.exists("Account", field.source)]
        steps = [_step(parts.custom_field(field), _field_words(field)) for field in absent]
        steps += self._rights(shape, needs.of(outputs))
        return [*steps, *self._views(outputs)]

    def _rights(self, shape: Shape, needs: Sequence[Need]) -> Iterator[SetupStep]:
        objects = [right for right in object_rights(self.settings) if shape.of(right.sobject) is not None]
        unusable = {need.guard: need.edit for need in needs if need.guard and not need.usable}
        blocked = [right for right in objects if not _allows(shape, right)]
        if not unusable and not blocked:
            return
        grants = Grants(self.client)
        set_id = grants.set_id()
        if set_id is None:
            fields = _guards(needs)
            made = parts.permission_set(self.settings, objects, fields)
            yield _step(made, _set_words(self.settings, objects, fields))
        else:
            lacking = grants.lacking(set_id, blocked, unusable)
            yield from (_access_step(name, unusable[name]) for name in lacking.fields)
            yield from map(_object_step, lacking.objects)
        if set_id is None or not grants.assigned_to_us():
            yield SetupStep(f"give {PERMISSION_SET} to our user", {"do": "assignment"})

    def _views(self, outputs: Sequence[MappedField]) -> Iterator[SetupStep]:
        """A list view and a report type where there is something to show, and none yet."""
        metadata = Metadata(self.client, self.settings.api_version)
        for made, words in (
            (parts.list_view(outputs), "create the list view Territory Sync of accounts"),
            (parts.report_type(outputs), "create the report type Accounts with Territory Sync"),
        ):
            if outputs and not metadata.read(made.type, [made.full_name]):
                yield _step(made, words)


def _guards(needs: Sequence[Need]) -> dict[str, bool]:
    """Each field that can be hidden, and whether we write it."""
    fields: dict[str, bool] = {}
    for need in needs:
        if need.guard:
            fields[need.guard] = need.edit or fields.get(need.guard, False)
    return fields


def _allows(shape: Shape, right: ObjectRight) -> bool:
    found = shape.of(right.sobject) or {}
    return bool(found.get("updateable")) or not right.edit


def _step(made: Component, words: str) -> SetupStep:
    payload = {
        "do": "component",
        "type": made.type,
        "fullName": made.full_name,
        "definition": made.definition,
    }
    return SetupStep(words, payload)


def _access_step(name: str, edit: bool) -> SetupStep:
    said = f"let {PERMISSION_SET} {'read and edit' if edit else 'read'} {name}"
    return SetupStep(said, {"do": "access", "field": name, "edit": edit})


def _object_step(right: ObjectRight) -> SetupStep:
    payload = {"do": "object_access", "sobject": right.sobject, "flags": right.flags}
    return SetupStep(f"let {PERMISSION_SET} have {right.words}", payload)


def _field_words(field: MappedField) -> str:
    made = parts.custom_field(field)
    kind = "user lookup" if field.holds_user else f"{made.definition['type']} field"
    return f"create the {kind} {made.full_name} ({made.definition['label']})"


def _set_words(
    settings: SalesforceSettings, objects: Sequence[ObjectRight], fields: Mapping[str, bool]
) -> str:
    users = ", ".join(right.label for right in user_rights(settings))
    granted = "; ".join(right.words for right in objects)
    return f"create the permission set {PERMISSION_SET} ({users}; {granted}; {len(fields)} fields)"


def _refuse_standard(missing: Sequence[MappedField]) -> None:
    problems = [
        FieldProblem("accounts", f.name, f.source, "cannot be created: a custom field's name ends in __c")
        for f in missing
        if not f.source.endswith("__c")
    ]
    if problems:
        raise FieldProblems(problems)
