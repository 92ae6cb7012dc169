"""Carries out steps of setup, so that one that fails is named and a second try goes on from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from connectors.base import SetupStep
from connectors.errors import ConnectorError, Refused
from connectors.salesforce.preparing.grants import Grants
from connectors.salesforce.preparing.metadata import Component, Metadata

_DONE = ("DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE")
"""Somebody created it since the steps were planned."""


@dataclass(frozen=True, slots=True)
class Carrying:
    """Changes one org as steps say."""

    metadata: Metadata
    grants: Grants

    def out(self, steps: Sequence[SetupStep]) -> None:
        """In this order; a step that finds its work done does nothing.

        A step that fails ends it: the error names the step, in Salesforce's words, and says that the steps before
        stay done. Carrying out newly planned steps then goes on.
        """
        done = 0
        for _, group in groupby(steps, key=_alike):
            some = list(group)
            try:
                self._do(some)
            except ConnectorError as error:
                raise _stopped(error, some, done, len(steps)) from error
            done += len(some)

    def _do(self, steps: Sequence[SetupStep]) -> None:
        if steps[0].payload.get("do") == "component":
            self._create([component_of(step) for step in steps])
            return
        for step in steps:
            self._grant(step)

    def _grant(self, step: SetupStep) -> None:
        payload = step.payload
        match payload.get("do"):
            case "access":
                self.grants.give_field(str(payload["field"]), edit=bool(payload["edit"]))
            case "object_access":
                self.grants.give_object(str(payload["sobject"]), flags_of(step))
            case "assignment":
                self.grants.give_to_us()
            case other:
                raise Refused(f"no step of ours: {other!r} ({step.description})")

    def _create(self, components: Sequence[Component]) -> None:
        refused = [r for r in self.metadata.create(components) if r.code not in _DONE]
        if refused:
            said = "; ".join(f"{r.full_name}: {r.code}, {r.message.rstrip('.')}" for r in refused)
            raise Refused(f"setup: {said}", code=refused[0].code)


def component_of(step: SetupStep) -> Component:
    """What a step creates."""
    definition = step.payload["definition"]
    assert isinstance(definition, Mapping), "setup made this step"
    return Component(str(step.payload["type"]), str(step.payload["fullName"]), definition)


def flags_of(step: SetupStep) -> dict[str, bool]:
    """What a step grants on an object."""
    flags = step.payload["flags"]
    assert isinstance(flags, Mapping), "setup made this step"
    return {str(name): bool(value) for name, value in flags.items()}


def _alike(step: SetupStep) -> tuple[object, object]:
    """Components of one type go together, ten a call; everything else by itself."""
    if step.payload.get("do") == "component":
        return "component", step.payload["type"]
    return step.payload.get("do"), id(step)


def _stopped(error: ConnectorError, steps: Sequence[SetupStep], done: int, all: int) -> ConnectorError:
    first, last = done + 1, done + len(steps)
    where = f"step {first}" if first == last else f"steps {first} to {last}"
    told = (
        f"{error}; setup stopped in {where} of {all} ({steps[0].description}"
        f"{'' if first == last else ', and the like'}): what was created stays, setting up again does the rest"
    )
    if isinstance(error, Refused):
        return Refused(told, code=error.code, status=error.status)
    return type(error)(told)
