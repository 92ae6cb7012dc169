"""One batch of at most 100 records: look, compare, send what moved, and believe only what is said of each record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.errors import AuthFailed, ConnectorError, OutcomeUnknown, Refused
from connectors.hubspot.values import encode
from connectors.hubspot.wire.answers import Answer
from connectors.hubspot.wire.client import Client, TokenRenewed
from connectors.hubspot.wire.paths import Route
from connectors.hubspot.writing.answered import Decode, believe, parted, share_the_fault
from connectors.hubspot.writing.compare import Decided, Ready
from connectors.hubspot.writing.course import Course
from connectors.records import Outcome, Write, WriteResult

BATCH = 100
"""Records in one batch/update."""
SPLIT = frozenset({400, 404, 409, 413, 422})
"""Statuses with which one bad record may have sunk a whole batch."""

Look = Callable[[Sequence[Write]], list[Decided]]
"""The live values of these records, compared; a Decided each, in any order. Raises a ConnectorError."""


@dataclass(frozen=True, slots=True)
class Target:
    """The records that are set: companies, or what hangs on them."""

    object: str
    columns: Mapping[str, str]
    """The property of each of our columns."""
    look: Look
    decode: Decode


@dataclass(slots=True)
class _Try:
    """The last try of one batch."""

    decided: list[WriteResult] = field(default_factory=list)
    sent: list[Ready] = field(default_factory=list)
    renewed: bool = False


class _Unseen(Exception):
    """The records could not be looked at, after all the tries that a reading has."""

    def __init__(self, error: ConnectorError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Batches:
    """Sends batches of one object; any number of threads at once."""

    client: Client
    target: Target
    course: Course

    def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """One result per write, in any order; never raises a ConnectorError. No record may stand there twice."""
        halted = self.course.halted(writes)
        if halted is not None:
            return halted
        last = _Try()
        try:
            answer = self.client.again(lambda: self._attempt(writes, last))
        except _Unseen as unseen:
            return self.course.left(unseen.error, writes)
        except OutcomeUnknown as error:
            self.course.begun = True
            return last.decided + [row.result(Outcome.UNKNOWN, "NO_ANSWER", str(error)) for row in last.sent]
        except Refused as error:
            return last.decided + self._parts(error, last.sent)
        except ConnectorError as error:
            return last.decided + self.course.left(error, [row.write for row in last.sent])
        if answer is None:
            return last.decided
        self.course.begun = True
        return last.decided + list(believe(answer, last.sent, self.target.decode))

    def _attempt(self, writes: Sequence[Write], last: _Try) -> Answer | None:
        """Look and send; every further try looks anew, as its wait gave people time to edit."""
        with self.client.about_to_send() as send:
            last.decided, last.sent = [], []
            try:
                looked = self.target.look(writes)
            except ConnectorError as error:
                raise _Unseen(error) from error
            last.decided = [one for one in looked if isinstance(one, WriteResult)]
            last.sent = [one for one in looked if isinstance(one, Ready)]
            if not last.sent:
                return None
            try:
                body = {"inputs": [self._input(row) for row in last.sent]}
                return send(Route.BATCH_UPDATE, body, object=self.target.object)
            except TokenRenewed as error:
                if last.renewed:
                    raise AuthFailed(f"{error}, and HubSpot does not accept that either") from None
                last.renewed = True
                raise

    def _input(self, row: Ready) -> dict[str, object]:
        properties = {self.target.columns[name]: encode(value) for name, value in row.moved.items()}
        return {"id": row.write.id, "properties": properties}

    def _parts(self, error: Refused, sent: Sequence[Ready]) -> list[WriteResult]:
        """Each part is looked at anew, as time has passed; what is refused alone, or for a common fault, is rejected."""
        if error.status not in SPLIT:
            return self.course.left(error, [row.write for row in sent])
        if len(sent) == 1 or share_the_fault(error, sent, self.target.columns):
            return [row.result(Outcome.REJECTED, error.code, str(error)) for row in sent]
        parts = parted(error, sent, self.target.columns)
        return [result for part in parts for result in self.write([row.write for row in part])]
