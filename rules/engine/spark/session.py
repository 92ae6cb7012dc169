"""A Spark to run the plan on: the one that is there, or one started for it."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rules.engine.errors import AssignError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.autoBroadcastJoinThreshold": str(128 * 2**20),
    "spark.sql.codegen.maxFields": "1000",
}
"""What the plan's answers and its speed rest on: an error is an error, days are those of the calendar, and the
small tables of the rules are sent to every worker."""


@contextmanager
def spark_session(master: str) -> Iterator[SparkSession]:
    """A session of its own (views and settings are nobody else's) on the running Spark, or on a new one.

    A Spark that was started for this is stopped again. Raises AssignError where pyspark or Java is absent, or
    where one runs already on another master.
    """
    sessions = _sessions()
    running = sessions.getActiveSession()
    if running is None:
        _find_java()
        builder = sessions.builder.master(master).appName("territory-sync")
        started = builder.config("spark.ui.enabled", "false").getOrCreate()
    elif running.sparkContext.master != master:
        raise AssignError(
            f"a Spark runs already, on {running.sparkContext.master}; stop it, or name it as engine: master "
            f"instead of {master}"
        )
    session = (running or started).newSession()
    for setting, value in SETTINGS.items():
        session.conf.set(setting, value)
    try:
        yield session
    finally:
        if running is None:
            started.stop()


def _sessions() -> Any:
    try:
        return importlib.import_module("pyspark.sql").SparkSession
    except ImportError as e:
        raise AssignError(
            'engine: kind: spark needs pyspark, which is not installed; pip install "territory-sync[spark]"'
        ) from e


def _find_java() -> None:
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        raise AssignError(
            "engine: kind: spark needs Java 17 or newer, and there is none; install one, or set JAVA_HOME"
        )
