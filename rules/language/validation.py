"""Turns a tree of nodes into a pydantic model, and what pydantic finds into problems with a place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.language.codes import Code
from rules.language.problems import DocumentError, Problem, did_you_mean
from rules.language.yaml import ListNode, MapNode, Node, Scalar

M = TypeVar("M", bound=BaseModel)
Place = Sequence[int | str]


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
    """One problem for each place: of a union's several complaints the one that got deepest."""
    best: dict[int, tuple[int, Problem]] = {}
    for error in errors:
        at, depth = _node_at(node, error)
        found = (depth, _problem(at, model, error))
        if error["type"] == "missing":
            best[id(error)] = found
        elif id(at) not in best or best[id(at)][0] < depth:
            best[id(at)] = found
    return [problem for _, problem in best.values()]


def _node_at(node: Node, error: ErrorDetails) -> tuple[Node, int]:
    """The node an error is about: the value, or the key where that is what is wrong; and how deep it lies."""
    key_wanted = error["type"] == "extra_forbidden" or "[key]" in error["loc"]
    depth = 0
    place = [part for part in error["loc"] if part != "[key]"]
    for step, part in enumerate(place):
        if isinstance(node, MapNode) and str(part) in node.values:
            last = step == len(place) - 1
            node = node.keys[str(part)] if key_wanted and last else node.values[str(part)]
            depth += 1
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            depth += 1
    return node, depth


def _problem(at: Node, model: type[BaseModel], error: ErrorDetails) -> Problem:
    name = str(error["loc"][-1]) if error["loc"] else ""
    match error["type"]:
        case "extra_forbidden":
            known = [key for owner in _models_at(model, error["loc"][:-1]) for key in keys_of(owner)]
            return at.problem(Code.UNKNOWN_KEY, f"unknown key {name!r}", did_you_mean(name, known))
        case "missing":
            return at.problem(Code.MISSING_KEY, f"{name!r} is missing here")
        case "literal_error" | "enum" if isinstance(at, Scalar):
            choices = str(error["ctx"]["expected"])
            known = [word.strip("' ") for word in choices.replace(" or ", ",").split(",")]
            return at.problem(
                Code.BAD_VALUE, f"{name}: {at.text!r} is not one of {choices}", _near(at.text, known)
            )
        case _:
            return at.problem(
                Code.BAD_VALUE, f"{name}: {_sentence(at, error)}" if name else _sentence(at, error)
            )


def _near(word: str, known: list[str]) -> str:
    advice = did_you_mean(word, known)
    return advice if advice.startswith("did") else ""


def _sentence(at: Node, error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message[:1].lower() + message[1:]
    if isinstance(at, Scalar) and error["type"] not in ("value_error", "assertion_error"):
        return f"{at.text!r}: {message}" if at.text else message
    return message


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
