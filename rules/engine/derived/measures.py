"""What is made of several records, as aggregates whose answer does not depend on the order of rows."""

from __future__ import annotations

from rules.language.derived import Measure


def measured(measure: Measure, column: str | None, holds: str = "TRUE") -> str:
    """The aggregate over the rows for which `holds` is true; `column` is a cell.

    Doubles are added in ascending order: another order could give another last digit.
    """
    match measure:
        case Measure.ANY if column is None:
            found = "count(*)"
        case Measure.ANY:
            found = f"count(CASE WHEN {column} THEN 1 END)"
        case Measure.COUNT:
            found = f"count({column or '*'})"
        case Measure.SUM:
            found = f"sum(CAST({column} AS DOUBLE) ORDER BY CAST({column} AS DOUBLE))"
        case Measure.EARLIEST | Measure.LOWEST:
            found = f"min({column})"
        case Measure.LATEST | Measure.HIGHEST:
            found = f"max({column})"
        case Measure.TOP:
            found = f"max({column})"
    filtered = found if holds == "TRUE" else f"{found} FILTER (WHERE {holds})"
    return f"({filtered} > 0)" if measure is Measure.ANY else filtered
