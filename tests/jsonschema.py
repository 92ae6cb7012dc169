"""The part of JSON Schema (2020-12) that our schemas use, checked by the book; anything else is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,), "null": (type(None),),
    "array": (list,), "object": (dict,),
}  # fmt: skip
_SAYS_NOTHING = {"title", "description", "default", "$schema", "$defs", "format", "discriminator"}


def accepts(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether the document is one of the schema's."""
    return not list(faults(schema, value, schema))


def faults(part: Any, value: Any, root: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """What is wrong with the value, each with its path."""
    if isinstance(part, bool):
        if not part:
            yield f"{path}: nothing may stand here"
        return
    for keyword, said in part.items():
        if keyword not in _SAYS_NOTHING:
            yield from _KEYWORDS[keyword](said, value, root, path, part)


def _ref(said: str, value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    yield from faults(root["$defs"][said.removeprefix("#/$defs/")], value, root, path)


def _type(said: str | list[str], value: Any, _r: Any, path: str, _: Any) -> Iterator[str]:
    names = [said] if isinstance(said, str) else said
    if not any(
        isinstance(value, _TYPES[n]) and (n == "boolean" or not isinstance(value, bool)) for n in names
    ):
        yield f"{path}: {value!r} is no {said}"


def _branches(said: list[Any], value: Any, root: Any, path: str) -> int:
    return sum(not list(faults(part, value, root, path)) for part in said)


def _any_of(said: list[Any], value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    if not _branches(said, value, root, path):
        yield f"{path}: {value!r} is none of {len(said)}"


def _one_of(said: list[Any], value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    if (n := _branches(said, value, root, path)) != 1:
        yield f"{path}: {value!r} is {n} of {len(said)}"


def _not(said: Any, value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    if not list(faults(said, value, root, path)):
        yield f"{path}: {value!r} must not be"


def _if(said: Any, value: Any, root: Any, path: str, part: Any) -> Iterator[str]:
    if not list(faults(said, value, root, path)):
        yield from faults(part.get("then", True), value, root, path)
    else:
        yield from faults(part.get("else", True), value, root, path)


def _properties(said: Any, value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    for key in said.keys() & value.keys() if isinstance(value, dict) else ():
        yield from faults(said[key], value[key], root, f"{path}.{key}")


def _pattern_properties(said: Any, value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        for pattern, schema in said.items():
            if re.search(pattern, key):
                yield from faults(schema, inner, root, f"{path}.{key}")


def _additional(said: Any, value: Any, root: Any, path: str, part: Any) -> Iterator[str]:
    known = part.get("properties", {})
    patterns = part.get("patternProperties", {})
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            yield from faults(said, inner, root, f"{path}.{key}")


def _property_names(said: Any, value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    for key in value if isinstance(value, dict) else ():
        yield from faults(said, key, root, f"{path}.{key}")


def _required(said: list[str], value: Any, _r: Any, path: str, _: Any) -> Iterator[str]:
    yield from (f"{path}: no {key}" for key in said if isinstance(value, dict) and key not in value)


def _items(said: Any, value: Any, root: Any, path: str, _: Any) -> Iterator[str]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        yield from faults(said, item, root, f"{path}[{index}]")


def _fits(kind: type | tuple[type, ...], fits: Any) -> Any:
    def check(said: Any, value: Any, _r: Any, path: str, _: Any) -> Iterator[str]:
        if isinstance(value, kind) and not isinstance(value, bool) and not fits(said, value):
            yield f"{path}: {value!r} does not fit {said!r}"

    return check


_NUMBER = (int, float)
_KEYWORDS: Mapping[str, Any] = {
    "$ref": _ref, "type": _type, "anyOf": _any_of, "oneOf": _one_of, "not": _not, "if": _if,
    "then": lambda *_: (), "else": lambda *_: (), "properties": _properties,
    "patternProperties": _pattern_properties, "additionalProperties": _additional,
    "propertyNames": _property_names, "required": _required, "items": _items,
    "enum": _fits(object, lambda said, value: value in said),
    "const": lambda said, value, _r, path, _: () if value == said and type(value) is type(said) else (f"{path}: is not {said!r}",),
    "pattern": _fits(str, lambda said, value: re.search(said, value)),
    "minLength": _fits(str, lambda said, value: len(value) >= said),
    "maxLength": _fits(str, lambda said, value: len(value) <= said),
    "minItems": _fits(list, lambda said, value: len(value) >= said),
    "maxItems": _fits(list, lambda said, value: len(value) <= said),
    "minProperties": _fits(dict, lambda said, value: len(value) >= said),
    "minimum": _fits(_NUMBER, lambda said, value: value >= said),
    "maximum": _fits(_NUMBER, lambda said, value: value <= said),
    "exclusiveMinimum": _fits(_NUMBER, lambda said, value: value > said),
    "exclusiveMaximum": _fits(_NUMBER, lambda said, value: value < said),
}  # fmt: skip
