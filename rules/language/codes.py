"""Every code that an error in a document can carry, with what it means.

Codes are stable: a suppression or a search for `R033` means the same in every version.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """What is wrong; the docstring below each says it in one sentence for the documentation."""

    UNREADABLE = "R001"
    """The file is absent, unreadable, larger than 16 MB or not UTF-8."""
    SYNTAX = "R002"
    """The text is not YAML."""
    NOT_ALLOWED = "R003"
    """YAML that we refuse: anchors, aliases, tags, several documents, keys that are not text."""
    TOO_MUCH = "R004"
    """Nested deeper than 64, or more values than a document may hold; long lists belong in a CSV file."""
    DUPLICATE_KEY = "R005"
    """A mapping has the same key twice."""
    INCLUDE = "R006"
    """A file that cannot be included: absent, outside the folder, included twice, or with keys of its own."""
    VARIABLE = "R007"
    """A variable that is not declared, not closed, or a list inside a text."""
    UNKNOWN_KEY = "R010"
    """A key that this part of the document does not have."""
    MISSING_KEY = "R011"
    """A key that must be there is not."""
    UNKNOWN_FIELD = "R012"
    """A condition names a field that accounts do not have."""
    BAD_VALUE = "R013"
    """A setting holds something of the wrong form."""
    WRONG_KIND = "R014"
    """A condition compares a field with a value that is none of its kind."""
    UNKNOWN_LIST = "R015"
    """A condition names a list that is not declared."""
    UNKNOWN_POD = "R016"
    """A rule names a pod that is not declared."""
    UNKNOWN_LEVEL = "R017"
    """A rule names a level that is not declared."""
    UNKNOWN_ROLE = "R018"
    """A role that is not declared, or one role in two spellings."""
    UNKNOWN_TIER = "R019"
    """The workload names a tier that is not declared."""
    DUPLICATE_RULE = "R020"
    """Two rules have one id."""
    IDENTICAL_RULES = "R021"
    """Two rules of one level and role have the same condition: the second never matches."""
    OWNER_AND_POD = "R022"
    """A rule assigns to an owner and to a pod."""
    DUPLICATE_MEMBER = "R023"
    """A pod has a member twice."""
    EMPTY_RANGE = "R024"
    """No value lies inside the range: its low end is not below its high end."""
    EMPTY_VALUES = "R025"
    """No values where there must be at least one."""
    NO_COUNTRY = "R026"
    """A state or postal code whose country is not said; "CA" is California or Canada."""
    BAD_OPERATOR = "R027"
    """An operator that does not exist, or that the field's kind does not have."""
    COUNTS_AS_MISSING = "R028"
    """A condition compares with a value that counts as missing, so it could never be true."""
    ACTION = "R029"
    """A rule that says none of assign, keep and follow, or several of them."""
    LIST_FILE = "R030"
    """A list's file is absent, unreadable or outside the folder of the rules."""
    LIST_COLUMN = "R031"
    """A list's file lacks the column."""
    LIST_DUPLICATE = "R032"
    """A list holds a value twice, maybe in two spellings."""
    LIST_OVERLAP = "R033"
    """Two lists that lead to different territories at one level share values."""
    LIST_VALUE = "R034"
    """A value of a list is none of the list's type."""
    LIST_KIND = "R035"
    """A list is compared with a field of another kind."""
    LIST_TARGET = "R036"
    """A list's file sends one value to two targets, or a value to none."""
    SQL_SYNTAX = "R040"
    """A `where` that is not an SQL expression."""
    SQL_NOT_ALLOWED = "R041"
    """A `where` with something that rules do not have: functions, arithmetic, subqueries."""
    CONDITION = "R050"
    """A rule without a condition, or with both `when` and `where`."""
    EXCEPTION = "R051"
    """An exception that neither assigns nor keeps, or names its account by something that is no id."""
    EXCEPTION_OVERLAP = "R052"
    """Two exceptions for one account and role share days."""
    NEVER_ACTIVE = "R053"
    """Days that hold nothing: an end before the beginning, or a fiscal window without its days."""
    OVER = "R054"
    """`over` names a rule that does not exist, is of another level, or stands before this one."""
    CALENDAR = "R060"
    """An unknown time zone, or a fiscal year that starts on a day that no year has."""
    OVERLAPPING_BANDS = "R061"
    """Two bands of the workload share values."""
    DERIVED = "R062"
    """A derived field that cannot be worked out: its name is taken, it goes in a circle, or what it is made of does not fit."""
    BANDS = "R063"
    """Bands that do not ascend, have other names for another field, or overlap by their hysteresis."""
    BAD_TEST = "R070"
    """A rule test that could never pass: it expects a rule, territory or pod that does not exist."""


def meanings() -> dict[str, str]:
    """Code to its sentence, read from the docstrings above, in order."""
    import ast
    import inspect

    body = ast.parse(inspect.getsource(Code)).body[0]
    assert isinstance(body, ast.ClassDef)
    texts = [
        n.value.value for n in body.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
    ]
    return {code.value: str(text) for code, text in zip(Code, texts[1:], strict=True)}
