"""Turns a tree of nodes into a pydantic model, and what pydantic finds into problems with a place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.language.codes import Code
from rules.language.reading.problems import DocumentError, Problem, did_you_mean
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar

M = TypeVar("M", bound=BaseModel)
_ENUM = re.compile(r"<\w+\.\w+: ('\w*')>")
"""How pydantic shows a member of an enumeration among literals."""
Place = tuple[int | str, ...]


def validate(node: Node, model: type[M]) -> M:
    """The model of a document; DocumentError holds every error at once, each with the place of its key or value.

    Scalars reach the model as text, and pydantic types them (lax mode): "5" is a whole number where the model
    wants one, `no` is False only where it wants a boolean.
    """
    made, problems = check(node, model)
    if made is None:
        raise DocumentError(problems)
    return made


def check(node: Node, model: type[M], shape: type[BaseModel] | None = None) -> tuple[M | None, list[Problem]]:
    """The model, or None and what is wrong; keys are suggested from `shape`, by default the model itself."""
    plain = node.plain()
    try:
        return model.model_validate(plain), []
    except ValidationError as first:
        errors = first.errors(include_url=False)
        if not _number_literals(plain, errors):
            return None, _problems(node, shape or model, errors)
    try:
        return model.model_validate(plain), []
    except ValidationError as second:
        return None, _problems(node, shape or model, second.errors(include_url=False))


def _number_literals(plain: Any, errors: list[ErrorDetails]) -> bool:
    """Types text in place where a literal number is wanted ("1" for Literal[1]); whether there was any."""
    done = False
    for error in errors:
        text = error.get("input")
        if (
            error["type"] == "literal_error"
            and isinstance(text, str)
            and text in str(error["ctx"]["expected"])
        ):
            done = _set_number(plain, error["loc"], text) or done
    return done


def _set_number(plain: Any, loc: Place, text: str) -> bool:
    for part in loc[:-1]:
        try:
            plain = plain[part]
        except (KeyError, IndexError, TypeError):
            return False
    if not text.isdecimal() or not isinstance(plain, dict | list):
        return False
    plain[loc[-1]] = int(text)  # type: ignore[index]
    return True


def _problems(node: Node, model: type[BaseModel], errors: list[ErrorDetails]) -> list[Problem]:
    """One problem for each place; of a union's branches only the one that fits the document best."""
    found = [(_find(node, error), error) for error in errors]
    kept = _best_branches(found)
    problems: dict[tuple[Place, str], Problem] = {}
    inside = {where.path[:-1] for where, _ in found}
    for where, error in found:
        if error["type"] == "too_short" and where.path in inside:
            continue  # pydantic counts the good items only; the wrong ones are reported themselves
        if where.branch is None or where.branch == kept[where.fork]:
            name = str(error["loc"][-1]) if error["type"] == "missing" else ""
            problems.setdefault((where.path, name), _problem(where.node, model, error))
    return list(problems.values())


@dataclass(frozen=True, slots=True)
class _Found:
    """What an error is about: the value, or the key where that is what is wrong."""

    node: Node
    path: Place
    fork: Place
    """Where a union stands on the way, if one does."""
    branch: str | None
    """The union's branch that complains: a part of the error's location that no document shows."""


def _find(node: Node, error: ErrorDetails) -> _Found:
    key_wanted = error["type"] == "extra_forbidden" or "[key]" in error["loc"]
    place = [part for part in error["loc"] if part != "[key]"]
    path: list[int | str] = []
    fork: Place = ()
    branch: str | None = None
    for step, part in enumerate(place):
        is_last = step == len(place) - 1
        if isinstance(node, MapNode) and str(part) in node.values:
            node = node.keys[str(part)] if key_wanted and is_last else node.values[str(part)]
            path.append(part)
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            path.append(part)
        elif branch is None and not (is_last and error["type"] == "missing"):
            fork, branch = tuple(path), str(part)
    return _Found(node, tuple(path), fork, branch)


def _best_branches(found: list[tuple[_Found, ErrorDetails]]) -> dict[Place, str]:
    """For each union the branch that the document was most likely meant for: the one with the least wrong."""
    wrong: dict[Place, dict[str, int]] = {}
    for where, error in found:
        if where.branch is not None:
            branches = wrong.setdefault(where.fork, {})
            branches[where.branch] = branches.get(where.branch, 0) + _weight(where, error)
    return {fork: min(branches, key=lambda name: branches[name]) for fork, branches in wrong.items()}


def _weight(where: _Found, error: ErrorDetails) -> int:
    """A value of another shape weighs more than wrong keys, and those more than a wrong value."""
    if error["type"].endswith("_type") and where.path == where.fork:
        return 100
    return 10 if error["type"] in ("missing", "extra_forbidden") else 1


def _problem(at: Node, model: type[BaseModel], error: ErrorDetails) -> Problem:
    name = str(error["loc"][-1]) if error["loc"] else ""
    match error["type"]:
        case "extra_forbidden":
            known = [key for owner in _models_at(model, error["loc"][:-1]) for key in keys_of(owner)]
            return at.problem(Code.UNKNOWN_KEY, f"unknown key {name!r}", did_you_mean(name, known))
        case "missing":
            return at.problem(Code.MISSING_KEY, f"{name!r} is missing here")
        case "literal_error" | "enum" if isinstance(at, Scalar):
            choices = _ENUM.sub(r"\1", str(error["ctx"]["expected"]))
            known = [word.strip("' ") for word in choices.replace(" or ", ",").split(",")]
            return at.problem(
                Code.BAD_VALUE, f"{name}: {at.text!r} is not one of {choices}", _near(at.text, known)
            )
        case _:
            name = next((str(p) for p in reversed(error["loc"]) if isinstance(p, str) and p != "[key]"), "")
            return at.problem(
                Code.BAD_VALUE, f"{name}: {_sentence(at, error)}" if name else _sentence(at, error)
            )


def _near(word: str, known: list[str]) -> str:
    advice = did_you_mean(word, known)
    return advice if advice.startswith("did") else ""


_SENTENCES = {
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "float_parsing": "is not a number",
    "finite_number": "is not a finite number",
    "bool_parsing": "is neither true nor false",
    "string_type": "text is wanted here",
    "dict_type": "a mapping is wanted here",
    "model_type": "a mapping is wanted here",
    "model_attributes_type": "a mapping is wanted here",
    "list_type": "a list is wanted here",
    "tuple_type": "a list is wanted here",
    "int_type": "a whole number is wanted here",
    "float_type": "a number is wanted here",
    "bool_type": "true or false is wanted here",
    "too_short": "at least {min_length} wanted",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "does not have the form {pattern}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}
"""What pydantic's errors are called in the words of the rest of our messages."""


_PATTERNS = {
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": "is no id: letters a to z, digits, '.', '_' and '-', a letter or digit first",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "is no field's name: letters a to z, digits and '_', a letter or '_' first",
    r"^\S(.*\S)?$": "must not be empty, or begin or end with a blank",
}
"""The forms that names have, in words."""


def _sentence(at: Node, error: ErrorDetails) -> str:
    """The error in words, begun with the value where there is one to show."""
    ours = _PATTERNS.get(str(error.get("ctx", {}).get("pattern"))) or _SENTENCES.get(error["type"])
    if ours is None:
        message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return message if message[1:2].isupper() else message[:1].lower() + message[1:]
    message = ours.format(**error.get("ctx", {}))
    is_about_value = message.startswith(("is ", "must ", "does "))
    return f"{at.text!r} {message}" if is_about_value and isinstance(at, Scalar) else message


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that a model reads, as they are written in a document."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_at(model: type[BaseModel], loc: Place) -> Iterator[type[BaseModel]]:
    """The models that a place of the document may be read into; several where it is a union."""
    candidates: list[Any] = [model]
    for part in loc:
        inner = [kind for candidate in candidates for kind in _inside(candidate, part)]
        candidates = inner or candidates
    yield from (kind for candidate in candidates for kind in _models_in(candidate))


def _inside(kind: Any, part: int | str) -> Iterator[Any]:
    for found in _models_in(kind):
        for name, field in found.model_fields.items():
            if part in (name, field.alias):
                yield field.annotation
    if not _is_model(kind):
        yield from (argument for argument in get_args(kind) if argument is not type(None))


def _models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if _is_model(kind):
        yield kind
    else:
        for argument in get_args(kind):
            yield from _models_in(argument)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
