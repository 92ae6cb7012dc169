"""What the names of a query lead to: fields of its object and of parents up to five steps away, joined as needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.sandbox.salesforce.errors import CallFailed
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.salesforce.soql.tokens import pointed
from connectors.sandbox.salesforce.soql.tree import Path
from connectors.sandbox.state import quoted

Readable = Callable[[str, str], bool]
"""Whether the user may read this field of this object."""
_ENTITY = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
    " Please reference your WSDL or the describe call for the appropriate names."
)
_ANYONE = SObject(
    "Name",
    "Name",
    "Names",
    "",
    (
        Field("Id", "id", "Record ID"),
        Field("Name", "string", "Name", length=255),
        Field("Type", "picklist", "Type"),
        Field("Email", "email", "Email"),
        Field("FirstName", "string", "First Name", length=40),
        Field("LastName", "string", "Last Name", length=80),
        Field("IsActive", "boolean", "Active"),
        Field("Username", "string", "Username", length=80),
        Field("Title", "string", "Title", length=80),
    ),
)
"""What can be asked of a parent that may be of several objects, such as the owner of a task."""


@dataclass(slots=True)
class Names:
    """The names of one query as SQL; `resolve` joins the parents it passes."""

    objects: Mapping[str, SObject]
    readable: Readable
    query: str
    object: SObject
    aliases: dict[tuple[str, ...], tuple[SObject, str]] = field(default_factory=dict)
    """Every object on the way, by the path to it: its shape and the SQL of its id."""
    joins: list[str] = field(default_factory=list)
    _through: dict[tuple[str, ...], Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.aliases[()] = (self.object, '"t0"."Id"')
        self.joins.append(f'{quoted(self.object.name)} AS "t0"')

    def resolve(self, path: Path) -> tuple[Field, str, tuple[str, ...]]:
        """The field a path leads to, its SQL, and its parts as Salesforce spells them."""
        along: tuple[str, ...] = ()
        for step in path.parts[:-1]:
            along = self._join(along, step, path)
        object, id = self.aliases[along]
        field = object.find(path.parts[-1])
        if field is None or (object is not _ANYONE and not self.readable(object.name, field.name)):
            raise self.unknown(
                path, f"No such column '{path.parts[-1]}' on entity '{object.name}'. {_ENTITY}"
            )
        sql = self._of_anyone(along, field) if object is _ANYONE else f"{_alias(id)}.{quoted(field.name)}"
        return field, sql, (*along, field.name)

    def unknown(self, path: Path, message: str) -> CallFailed:
        """INVALID_FIELD under the place of the path."""
        return CallFailed(400, "INVALID_FIELD", pointed(self.query, path.at, message))

    def _join(self, along: tuple[str, ...], step: str, path: Path) -> tuple[str, ...]:
        object, id = self.aliases[along]
        through = object.follow(step)
        if through is None or not self.readable(object.name, through.name) or len(along) >= 5:
            raise self.unknown(path, f"Didn't understand relationship '{step}' in field path. {_ENTITY}")
        here = (*along, str(through.relationship))
        if here not in self.aliases:
            self._add(here, through, f"{_alias(id)}.{quoted(through.name)}")
        return here

    def _add(self, here: tuple[str, ...], through: Field, key: str) -> None:
        targets = [known for name in through.targets if (known := self.objects.get(name.lower())) is not None]
        if len(through.targets) > 1:
            self._through[here] = through
            self.aliases[here] = (_ANYONE, key)
            return
        [parent] = targets
        name = f"t{len(self.aliases)}"
        self.aliases[here] = (parent, f'"{name}"."Id"')
        self.joins.append(f'LEFT JOIN {quoted(parent.name)} AS "{name}" ON "{name}"."Id" = {key}')

    def _of_anyone(self, along: tuple[str, ...], field: Field) -> str:
        """A field of a parent whose object its id tells."""
        _, key = self.aliases[along]
        found = [
            self.objects[name.lower()]
            for name in self._through[along].targets
            if name.lower() in self.objects
        ]
        cases = [f"WHEN {object.prefix!r} THEN {_looked_up(object, field, key)}" for object in found]
        return f"CASE substr({key}, 1, 3) {' '.join(cases)} END"


def _looked_up(object: SObject, field: Field, key: str) -> str:
    if field.name == "Type":
        return f"'{object.name}'"
    known = object.find(field.name)
    if known is None:
        return "NULL"
    return f'(SELECT {quoted(known.name)} FROM {quoted(object.name)} AS p WHERE p."Id" = {key})'


def _alias(id: str) -> str:
    return id.removesuffix('."Id"')
