"""A secret is nowhere but on the wire."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import pytest

from connectors.base import Connector
from connectors.errors import ConnectorError
from connectors.records import RecordKind
from connectors.testing.steps import change, connected, pulled
from connectors.testing.world import ALWAYS, Call, Failing, World


class SecrecyContract:
    """Looked for in what a connector shows, says and logs, in good times and bad."""

    def test_no_secret_in_logs_or_repr(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        """Not even with every logger at its most talkative."""
        caplog.set_level(logging.DEBUG)
        id = world.create({"name": "Quiet"})
        with connected(world) as connector:
            shown = [repr(connector), str(vars(connector) if hasattr(connector, "__dict__") else "")]
            connector.identity()
            pulled(connector, RecordKind.ACCOUNTS)
            connector.write([change(id, "score", None, 1.0)])
            shown += [repr(connector), caplog.text]
        _refuse_secrets(world, "\n".join(shown))

    @pytest.mark.parametrize("failing", list(Failing))
    def test_no_secret_in_errors(
        self, world: World, failing: Failing, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither in the message nor in anything chained to it."""
        caplog.set_level(logging.DEBUG)
        id = world.create({"name": "Quiet"})
        with connected(world) as connector:
            for call in Call:
                if failing in world.failings:
                    world.break_calls(failing, call, times=ALWAYS)
            said = [_said(connector.identity)]
            said.append(_said(lambda: pulled(connector)))
            said.append(_said(lambda: connector.write([change(id, "score", None, 1.0)])))
        with connected(world, wrong_credentials=Failing.LOGIN_REFUSED in world.failings) as other:
            said += [_said(other.identity), _state(other)]
        _refuse_secrets(world, "\n".join([*said, caplog.text]))


def _said(function: Callable[[], object]) -> str:
    try:
        return repr(function())
    except ConnectorError as error:
        return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


def _state(connector: Connector) -> str:
    return repr(connector)


def _refuse_secrets(world: World, text: str) -> None:
    for number, secret in enumerate(world.secrets):
        # The secret itself must not stand in the report of the failing test either.
        assert (secret in text) is False, f"secret {number} is shown"
