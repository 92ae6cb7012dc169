"""Every output has a CRM field of its own: one that nothing is read from and no other output is written to."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.mapping import FieldMap, FieldRole, MappedField
from connectors.records import RecordKind
from rules.language.codes import Code
from rules.language.reading.problems import Problem
from rules.language.reading.yaml import MapNode, Node
from sync.outputs import PREFIX


def shared_targets(root: Node, fields: FieldMap) -> list[Problem]:
    """A problem per output that would overwrite what is read, such as an account's name or owner."""
    return [_place(root, name).problem(Code.BAD_VALUE, said) for name, said in _shared(fields)]


def _shared(fields: FieldMap) -> Iterator[tuple[str, str]]:
    taken: dict[str, MappedField] = {}
    accounts = fields.of(RecordKind.ACCOUNTS)
    for field in sorted(accounts, key=lambda field: field.role is FieldRole.OUTPUT):
        # Both CRMs take a field's name in any case; a source may name alternatives, `a|b`.
        for source in field.source.split("|"):
            first = taken.setdefault(source.strip().lower(), field)
            if field.role is FieldRole.OUTPUT and first is not field:
                yield (
                    field.name.removeprefix(PREFIX),
                    f"CRM field {field.source!r} {_use(first)}; name a field that is for this output alone",
                )


def _use(field: MappedField) -> str:
    if field.role is FieldRole.OUTPUT:
        return f"is written with output {field.name.removeprefix(PREFIX)!r} already"
    return f"is read as accounts.{field.name}, which this output would overwrite"


def _place(root: Node, output: str) -> Node:
    place = root
    for key in ("outputs", "fields", output):
        inner = place.get(key) if isinstance(place, MapNode) else None
        if inner is None:
            break
        place = inner
    return place
