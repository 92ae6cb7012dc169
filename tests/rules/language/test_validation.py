"""Any pydantic model's errors come with the place of the key or value that is wrong."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from rules.language.codes import Code
from rules.language.reading.document import DocumentError, parse_yaml, validate


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Limits(Section):
    moves: int = Field(200, ge=0)
    share: float = Field(0.05, le=1)


class Basic(Section):
    user: str
    password: str


class Token(Section):
    token: str
    lifetime_hours: int = 1


class Config(Section):
    version: Literal[1]
    source: str = Field("x", alias="from")
    limits: Limits = Limits()
    days: tuple[Literal["mon", "tue"], ...] = ()
    named: dict[str, Limits] = {}
    login: Basic | Token | None = None
    on: bool = False

    @field_validator("source")
    @classmethod
    def _no_blank(cls, value: str) -> str:
        if " " in value:
            raise ValueError("a name has no blanks")
        return value


def problems_of(text: str) -> list[tuple[Code, int, int, str]]:
    """Code, line, column and sentence of every problem."""
    with pytest.raises(DocumentError) as caught:
        validate(parse_yaml(text, "config.yaml"), Config)
    return [
        (p.code, p.line, p.column, "; ".join(filter(None, (p.message, p.suggestion))))
        for p in caught.value.problems
    ]


def test_text_is_typed_by_the_model_and_not_by_how_it_looks() -> None:
    made = validate(
        parse_yaml("{version: 1, from: 02116, on: no, limits: {moves: 5, share: 1e-1}}", "x"), Config
    )
    assert (made.version, made.source, made.on, made.limits) == (
        1,
        "02116",
        False,
        Limits(moves=5, share=0.1),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{version: 2}", (Code.BAD_VALUE, 1, 11, "version: '2' is not one of 1")),
        ("{}", (Code.MISSING_KEY, 1, 1, "'version' is missing here")),
        (
            "{version: 1, limitz: 3}",
            (Code.UNKNOWN_KEY, 1, 14, "unknown key 'limitz'; did you mean 'limits'?"),
        ),
        ("{version: 1, form: x}", (Code.UNKNOWN_KEY, 1, 14, "unknown key 'form'; did you mean 'from'?")),
        (
            "{version: 1, limits: {mvoes: 3}}",
            (Code.UNKNOWN_KEY, 1, 23, "unknown key 'mvoes'; did you mean 'moves'?"),
        ),
        (
            "{version: 1, named: {a: {shar: 3}}}",
            (Code.UNKNOWN_KEY, 1, 26, "unknown key 'shar'; did you mean 'share'?"),
        ),
        (
            "{version: 1, limits: {moves: many}}",
            (Code.BAD_VALUE, 1, 30, "moves: 'many' is not a whole number"),
        ),
        ("{version: 1, limits: {moves: -1}}", (Code.BAD_VALUE, 1, 30, "moves: '-1' must be at least 0")),
        ("{version: 1, limits: [1]}", (Code.BAD_VALUE, 1, 22, "limits: a mapping is wanted here")),
        ("{version: 1, on: perhaps}", (Code.BAD_VALUE, 1, 18, "on: 'perhaps' is neither true nor false")),
        ("{version: 1, from: a b}", (Code.BAD_VALUE, 1, 20, "from: a name has no blanks")),
        ("{version: 1, login: {user: kim}}", (Code.MISSING_KEY, 1, 21, "'password' is missing here")),
        (
            "{version: 1, login: {token: t, lifetime_hours: x}}",
            (Code.BAD_VALUE, 1, 48, "lifetime_hours: 'x' is not a whole number"),
        ),
        ("[]", (Code.BAD_VALUE, 1, 1, "a mapping is wanted here")),
    ],
)
def test_an_error_stands_at_the_key_or_value_that_is_wrong(
    text: str, expected: tuple[Code, int, int, str]
) -> None:
    assert expected in problems_of(text)


def test_a_union_complains_for_the_branch_that_was_meant() -> None:
    found = problems_of("{version: 1, login: {token: t, lifetime_hours: x}}")
    assert found == [(Code.BAD_VALUE, 1, 48, "lifetime_hours: 'x' is not a whole number")]


def test_every_error_of_a_document_is_reported_in_order() -> None:
    found = problems_of("version: 1\nfrom: a b\nlimits:\n  moves: x\n  shares: 1\ndays: [mon, wed]\n")
    assert [(line, column) for _, line, column, _ in found] == [(2, 7), (4, 10), (5, 3), (6, 13)]


def test_the_message_shows_the_source_line_with_a_caret_under_the_place() -> None:
    with pytest.raises(DocumentError) as caught:
        validate(parse_yaml("version: 1\nlimits: {moves: x}\n", "config.yaml"), Config)
    assert str(caught.value) == (
        "config.yaml:2:17: R013 moves: 'x' is not a whole number\n    limits: {moves: x}\n                    ^"
    )


def test_a_long_line_is_cut_around_its_place_and_control_characters_are_not_shown() -> None:
    text = (
        "{version: 1, named: {"
        + "".join(f"k{i}: {{moves: 1}}, " for i in range(100))
        + "\u202ebad: {moves: x}}}"
    )
    with pytest.raises(DocumentError) as caught:
        validate(parse_yaml(text, "config.yaml"), Config)
    message, source, caret = str(caught.value).split("\n")
    assert len(source) <= 114
    assert source[caret.index("^")] == "x"
    assert "\u202e" not in message + source
