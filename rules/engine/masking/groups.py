"""Fields whose classes are looked up together: one join, and one AND per word, for several fields.

A group's class is the number that the classes of its fields make as digits, the first field's the highest.
Its masks are made from the rules alone, so the data pay nothing for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from rules.engine.masking.classes import FieldClasses
from rules.engine.masking.masks import RoleMasks, Words

MOST_CLASSES = 512
"""Of a group of several fields. Measured from 64 to 4,096: more classes are fewer joins, and masks of thousands of
rules that the processor's caches no longer hold."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some fields, each with the number of its classes."""

    fields: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many classes the group has."""
        return prod(self.counts)

    def number(self, columns: Mapping[str, str]) -> str:
        """The group's class in SQL; `columns` has the expression of each field's class."""
        number = columns[self.fields[0]]
        for field, count in zip(self.fields[1:], self.counts[1:], strict=True):
            number = f"({number}) * {count} + {columns[field]}"
        return number

    def words(self, masks: RoleMasks) -> Words:
        """A row per class of the group and a column per word: what all of its fields let pass."""
        words = masks.all_set[np.newaxis, :]
        for field, count in zip(self.fields, self.counts, strict=True):
            of_field = masks.words.get(field)
            if of_field is None:
                of_field = np.broadcast_to(masks.all_set, (count, len(masks.all_set)))
            both = words[:, np.newaxis, :] & of_field[np.newaxis, :, :]
            words = both.reshape(len(words) * count, len(masks.all_set))
        return words


def groups_of(classes: Mapping[str, FieldClasses], masks: Sequence[RoleMasks]) -> tuple[Group, ...]:
    """Every field that some mask uses, in one group: those of many classes first, the others where they fit."""
    used = [field for field in classes if any(field in found.words for found in masks)]
    groups: list[list[str]] = []
    for field in sorted(used, key=lambda field: -classes[field].count):
        for group in groups:
            if classes[field].count * prod(classes[other].count for other in group) <= MOST_CLASSES:
                group.append(field)
                break
        else:
            groups.append([field])
    return tuple(Group(tuple(group), tuple(classes[field].count for field in group)) for group in groups)


def narrowed(words: Words, masks: RoleMasks) -> tuple[int, ...]:
    """The words in which a group can exclude some box."""
    return tuple(np.flatnonzero((words != masks.all_set).any(axis=0)).tolist())
