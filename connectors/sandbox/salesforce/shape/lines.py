"""Objects written as text: one line a field, so that a schema is read as a table.

name | type | label | flags. Types are Salesforce's own, with a length or precision.scale in brackets; flags:
`required`, `readonly`, `createonly`, `name`, `index`, `fixed` (no field-level security), `restricted`, `default`,
`to=A,B:Relationship`, `of=Address`, `if=setting`, `initial=USD`, and last `in=value;value`: a value may be followed
by `::` and the label that people read instead.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.sandbox.salesforce.shape.fields import Field, SObject

_DELETED = "IsDeleted|boolean|Deleted|readonly fixed required"
_ID = "Id|id|Record ID|readonly fixed required"
_STAMPS = """
CreatedDate|datetime|Created Date|readonly fixed required index
CreatedById|reference|Created By ID|readonly fixed required to=User:CreatedBy
LastModifiedDate|datetime|Last Modified Date|readonly fixed required index
LastModifiedById|reference|Last Modified By ID|readonly fixed required to=User:LastModifiedBy
SystemModstamp|datetime|System Modstamp|readonly fixed required index
"""
CURRENCIES = "USD::U.S. Dollar;EUR::Euro;GBP::British Pound;JPY::Japanese Yen"
_CURRENCY = f"""
CurrencyIsoCode|picklist(3)|Currency ISO Code|fixed default restricted if=multi_currency initial=USD in={CURRENCIES}
"""
"""What an object has in an org with several currencies; records of before are in the corporate one."""


def field(line: str) -> Field:
    """The field that one line describes."""
    name, typed, label, flags = line.split("|", 3)
    type, _, size = typed.rstrip(")").partition("(")
    precision, _, scale = size.partition(".") if "." in size else ("0", "", "0")
    made = Field(name, type, label, length=int(size) if size and "." not in size else 0)
    made = replace(made, precision=int(precision), scale=int(scale))
    flags, _, listed = flags.partition("in=")
    given = [value.partition("::") for value in listed.split(";") if value]
    labels = {value: label for value, _, label in given if label}
    made = replace(made, values=tuple(value for value, _, _ in given), labels=labels)
    for flag in flags.split():
        made = _flagged(made, flag)
    return made


def _flagged(made: Field, flag: str) -> Field:
    if flag.startswith("to="):
        targets, _, relationship = flag.removeprefix("to=").partition(":")
        return replace(made, targets=tuple(targets.split(",")), relationship=relationship or None)
    if flag.startswith("of="):
        return replace(made, compound=flag.removeprefix("of="))
    if flag.startswith("if="):
        return replace(made, feature=flag.removeprefix("if="))
    if flag.startswith("initial="):
        return replace(made, initial=flag.removeprefix("initial="))
    changes: dict[str, dict[str, bool]] = {
        "required": {"nillable": False},
        "readonly": {"createable": False, "updateable": False},
        "createonly": {"updateable": False},
        "name": {"name_field": True},
        "index": {"indexed": True},
        "fixed": {"permissionable": False},
        "restricted": {"restricted": True},
        "default": {"defaulted": True},
    }
    return replace(made, **changes[flag])  # type: ignore[arg-type]


def sobject(
    name: str,
    plural: str,
    prefix: str,
    lines: str,
    *,
    bin: bool = True,
    setup: bool = False,
    currency: bool = False,
    feature: str = "",
    writable: str = "cud",
    lacks: tuple[str, ...] = (),
) -> SObject:
    """An object with these fields and those that every object has, but for those it `lacks`.

    `writable` holds c, u and d as it may be.
    """
    text = "\n".join((_ID, _DELETED if bin else "", lines, _CURRENCY if currency else "", _STAMPS))
    found = (field(line) for line in text.splitlines() if line.strip())
    fields = tuple(replace(f, unseen=True) if f.name in lacks else f for f in found)
    label = "".join(f" {c}" if c.isupper() else c for c in name).strip()
    c, u, d = (action in writable for action in "cud")
    return SObject(name, label, plural, prefix, fields, c, d, u, setup, feature)


_CUSTOM = """
Name|string(80)|Name|default name fixed
OwnerId|reference|Owner ID|required default fixed to=Group,User:Owner index
"""


def custom_object(name: str, label: str, number: int) -> SObject:
    """The n-th object that an admin made, before it has fields of its own."""
    prefix = f"a0{chr(ord('0') + number) if number < 10 else chr(ord('A') + number - 10)}"
    return replace(sobject(name, f"{label}s", prefix, _CUSTOM, currency=True), label=label)
