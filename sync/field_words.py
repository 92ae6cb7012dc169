"""Problems of the field mapping in the words of the config, with what to do about them."""

from __future__ import annotations

from dataclasses import replace

from connectors.errors import FieldProblem
from sync.outputs import PREFIX


def in_config_words(problem: FieldProblem) -> FieldProblem:
    """A problem of an output under the name that the config has for it; any other one as it is."""
    if not problem.name.startswith(PREFIX):
        return problem
    # The nearest existing field is another output of ours, and so no good advice.
    return replace(
        problem,
        kind="outputs.fields",
        name=problem.name.removeprefix(PREFIX),
        problem=f'{problem.problem}; "territory setup" creates what is missing, or name another field under outputs: in the config',
        candidates=(),
    )
