"""Classes, boxes and words say of every value what evaluation says: no database, so many cases are cheap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any as Anything

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.masking.boxes import IS_NOT_FALSE, IS_TRUE, Box, Question, TooManyBoxes, boxes_of
from rules.engine.masking.classes import MISSING, FieldClasses, NamedClasses, classes_of
from rules.engine.masking.masks import BITS, masks_of
from rules.engine.masking.thresholds import EPOCH
from rules.evaluate import evaluate
from rules.language.condition import Between, Condition, FieldKind, HasPrefix, In, InList
from rules.language.ruleset import IfUnknown
from tests.rules.engine.worlds import FIELDS, LISTS, NAMED, PREFIXES, conditions, rule

Record = Mapping[str, Anything]
VALUES: Mapping[str, list[Anything]] = {
    field: [None, *named, *PREFIXES.get(field, ()), *{
        FieldKind.INTEGER: [-1, 2, 199, 10**12],
        FieldKind.NUMBER: [-0.0, 199.99999999999997, 200.00000000000003, 0.1 + 1e-17, 1e308],
        FieldKind.DATE: [date(1, 1, 1), date(2026, 2, 3)],
        FieldKind.BOOLEAN: [True, False],
    }.get(FIELDS[field], ["other", "bankers", "US-99999", "b"])]
    for field, named in NAMED.items()
}  # fmt: skip


def records() -> st.SearchStrategy[Record]:
    return st.fixed_dictionaries({field: st.sampled_from(values) for field, values in VALUES.items()})


def class_of(classes: FieldClasses, value: Anything) -> int:
    if value is None:
        return MISSING
    if isinstance(classes, NamedClasses):
        return classes.class_of(str(value))
    return classes.class_of(value.toordinal() - EPOCH if isinstance(value, date) else value)


def inside(box: Box, record: Record, classes: Mapping[str, FieldClasses]) -> bool:
    return all(allowed >> class_of(classes[field], record[field]) & 1 for field, allowed in box.items())


@settings(max_examples=400, deadline=None)
@given(conditions(), st.lists(records(), min_size=1, max_size=6))
def test_boxes_answer_both_questions_as_evaluation_does(condition: Condition, found: list[Record]) -> None:
    classes = classes_of([condition], FIELDS, LISTS)
    for question in (IS_TRUE, IS_NOT_FALSE, Question(False, False), Question(False, True)):
        try:
            boxes = boxes_of(condition, question, classes, cap=64)
        except TooManyBoxes:
            continue
        for record in found:
            truth = evaluate(condition, record, LISTS)
            yes = (truth is None and question.leniently) or truth is question.holds
            assert any(inside(box, record, classes) for box in boxes) is yes, (question, record)


@settings(max_examples=400, deadline=None)
@given(st.lists(conditions(), min_size=1, max_size=90), records())
def test_the_lowest_bit_of_all_fields_is_the_first_rule(found: list[Condition], record: Record) -> None:
    rules = [rule(f"r{n}", when, if_unknown=list(IfUnknown)[n % 3]) for n, when in enumerate(found)]
    classes = classes_of(found, FIELDS, LISTS)
    masks = masks_of("AE", rules, classes, cap=10_000)
    bit = -1
    for word, full in enumerate(masks.all_set):
        running = int(full)
        for field, table in masks.words.items():
            running &= int(table[class_of(classes[field], record[field]), word])
        if running:
            bit = word * BITS + (running & -running).bit_length() - 1
            break
    right = None
    for n, when in enumerate(found):
        truth = evaluate(when, record, LISTS)
        if truth or (truth is None and rules[n].if_unknown is not IfUnknown.SKIP):
            right = (n, truth is None and rules[n].if_unknown is IfUnknown.REVIEW)
            break
    slot = masks.slots[bit] if bit >= 0 else None
    assert (slot and (slot.rule, slot.review)) == right


@pytest.mark.parametrize("field", sorted(PREFIXES))
def test_prefixes_of_several_lengths_and_values_are_told_apart(field: str) -> None:
    tests: list[Condition] = [HasPrefix(field, (prefix,)) for prefix in PREFIXES[field]]
    tests += [In(field, (value,)) for value in NAMED[field]] + [InList(field, field)]
    classes = classes_of(tests, FIELDS, LISTS)[field]
    for value in VALUES[field]:
        for test in tests:
            truth = bool(classes.truth[test] >> class_of(classes, value) & 1)  # type: ignore[index]
            assert truth == bool(evaluate(test, {field: value}, LISTS)), (test, value)


@pytest.mark.parametrize("field", ["employees", "annual_revenue", "signed_on"])
def test_bounds_include_and_exclude_exactly(field: str) -> None:
    named = NAMED[field]
    tests: list[Condition] = [
        Between(field, low, high, low_included, high_included)
        for low in (None, *named)
        for high in (None, *named)
        for low_included in (True, False)
        for high_included in (True, False)
    ]
    classes = classes_of(tests, FIELDS, LISTS)[field]
    for value in VALUES[field]:
        for test in tests:
            truth = bool(classes.truth[test] >> class_of(classes, value) & 1)  # type: ignore[index]
            assert truth == bool(evaluate(test, {field: value}, LISTS)), (test, value)
