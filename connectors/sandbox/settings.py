"""The switches of a sandbox: declared once, typed, and refused when unknown or out of bounds."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class BadSetting(ValueError):
    """An unknown setting, or a value it cannot take."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One switch; numbers may not leave `least`..`most` (page sizes can only be lowered)."""

    name: str
    default: Any
    meaning: str
    least: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] = ()
    """The only values it takes, where not empty."""

    def checked(self, value: Any) -> Any:
        """The value, if it has the default's type and lies within the bounds."""
        expected = type(self.default)
        if expected is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not expected:
            raise BadSetting(f"{self.name} takes {expected.__name__}, not {value!r}")
        if self.choices and value not in self.choices:
            raise BadSetting(f"{self.name} is one of {', '.join(map(repr, self.choices))}, not {value!r}")
        if self.least is not None and value < self.least:
            raise BadSetting(f"{self.name} is at least {self.least}, not {value!r}")
        if self.most is not None and value > self.most:
            raise BadSetting(f"{self.name} is at most {self.most}, not {value!r}")
        return value


class Settings:
    """The current values; `settings["name"]` reads one."""

    def __init__(self) -> None:
        self._declared: dict[str, Setting] = {}
        self._values: dict[str, Any] = {}
        self.version = 0
        """Moves with every change, so that what follows from settings can be kept until then."""

    def declare(self, settings: Iterable[Setting]) -> None:
        """Adds switches with their defaults."""
        for setting in settings:
            self._declared[setting.name] = setting
            self._values[setting.name] = setting.default
        self.version += 1

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def change(self, changes: Mapping[str, Any]) -> None:
        """Sets all of these or, if one is wrong, none."""
        checked = {name: self._find(name).checked(value) for name, value in changes.items()}
        self._values.update(checked)
        self.version += 1

    def all(self) -> dict[str, Any]:
        """Every switch and its value."""
        return dict(self._values)

    def _find(self, name: str) -> Setting:
        if name in self._declared:
            return self._declared[name]
        near = difflib.get_close_matches(name, self._declared, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise BadSetting(f"unknown setting {name!r}{hint} (known: {', '.join(sorted(self._declared))})")
