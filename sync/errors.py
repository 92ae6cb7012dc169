"""What can stop a command, with the exit code that tells cron what happened.

SyncError                1   something is wrong; the message says what to do
├── ConfigProblem        1   the config does not fit
├── StateDamaged         1   the ledger or a snapshot is not what was written; nothing is sent
├── StalePlan            3   rules, snapshot or ledger moved since the plan was made, or it expired
├── GateRefused          3   a limit is exceeded and not accepted
├── TruncatedPull        3   the CRM gave far fewer rows than last time
├── Busy                 75  another run holds the lock
└── Stopped              75  the process was asked to end; the same command goes on
"""

from __future__ import annotations

DONE = 0
FAILED = 1
CHANGES = 2
REFUSED = 3
PARTIAL = 4
USAGE = 64
TRY_LATER = 75


class SyncError(Exception):
    """Stops a command; `exit_code` is what the process ends with."""

    exit_code = FAILED


class ConfigProblem(SyncError):
    """The config names something that is not there or does not fit."""


class StateDamaged(SyncError):
    """The ledger or a snapshot is not what was written, so nothing is sent to a CRM from it."""


class StalePlan(SyncError):
    """The plan no longer fits the world it was made for."""

    exit_code = REFUSED


class GateRefused(SyncError):
    """A limit is exceeded and nobody accepted it by name."""

    exit_code = REFUSED


class TruncatedPull(SyncError):
    """The CRM gave far fewer rows than last time; nothing is planned from them."""

    exit_code = REFUSED


class Busy(SyncError):
    """Another run is at work on this state folder."""

    exit_code = TRY_LATER


class Stopped(SyncError):
    """The process was asked to end and did so between two steps."""

    exit_code = TRY_LATER
