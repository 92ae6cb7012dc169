"""One call that changes records: what becomes of its rows when the call itself fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from connectors.errors import AuthFailed, ConnectorError, OutcomeUnknown, QuotaSpent, Refused, Transient
from connectors.records import Outcome
from connectors.salesforce.writing.look import Ready
from connectors.salesforce.writing.results import Row

NOT_SENT = "NOT_SENT"
"""The code of a row that never left, because a call before it or its own could not be made."""
Send = Callable[[Sequence[Ready]], list[Row]]
"""One call for these rows; a row each, in their order."""
T = TypeVar("T")


class Sending:
    """The calls of one batch, in turn. Raises only while nothing may have been carried out."""

    def __init__(self) -> None:
        self.begun = False
        """Whether something may have been carried out."""
        self._over: ConnectorError | None = None

    def call(self, send: Callable[[Sequence[T]], list[Row]], rows: Sequence[T]) -> list[Row]:
        """Send these; a call refused whole is halved until the bad row stands alone."""
        if self._over is not None:
            return not_sent(self._over, len(rows))
        try:
            answered = send(rows)
            self.begun = True
            return answered
        except OutcomeUnknown as error:
            self.begun = True
            return [(Outcome.UNKNOWN, "", str(error))] * len(rows)
        except Refused as error:
            if len(rows) == 1:
                return [(Outcome.REJECTED, error.code, str(error))]
            half = len(rows) // 2
            return self.call(send, rows[:half]) + self.call(send, rows[half:])
        except ConnectorError as error:
            return self.failed(error, len(rows))

    def failed(self, error: ConnectorError, count: int) -> list[Row]:
        """The rows of a call that could not be made; raises the error where nothing was carried out before."""
        if not self.begun:
            raise error
        if isinstance(error, QuotaSpent | AuthFailed):
            self._over = error
        return not_sent(error, count)


def not_sent(error: ConnectorError, count: int) -> list[Row]:
    """Rows that did not leave: unknown where a later try may carry them, so that they are looked at again."""
    passes = isinstance(error, Transient | QuotaSpent | AuthFailed)
    return [(Outcome.UNKNOWN if passes else Outcome.REJECTED, NOT_SENT, f"not sent: {error}")] * count
