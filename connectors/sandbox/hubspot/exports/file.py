"""Writing an export's file, a slice of the records at a time, so that the portal answers others meanwhile."""

from __future__ import annotations

import asyncio
import csv
import zipfile
from array import array
from collections.abc import Iterator
from pathlib import Path

from connectors.sandbox.hubspot.exports.asked import Asked
from connectors.sandbox.hubspot.exports.cells import Cell, cells, headings, linked
from connectors.sandbox.hubspot.portal import Portal
from connectors.sandbox.hubspot.search.conditions import where
from connectors.sandbox.hubspot.shape.kinds import ARCHIVED_AT, ID
from connectors.sandbox.state import quoted

_SLICE = 1_000


def members(portal: Portal, asked: Asked) -> array[int]:
    """The ids that the export begins with, in its order; archived records are in none."""
    kind = asked.kind
    sql, values = where(asked.query, (kind.display,))
    sort = asked.query.sort.name if asked.query.sort else ID
    order = f"{quoted(sort)} {'DESC' if asked.query.descending else 'ASC'}, {ID}"
    rows = portal.core.state.stream(
        f"SELECT {ID} FROM {kind.plural} WHERE {sql} AND {ARCHIVED_AT} IS NULL ORDER BY {order}", values
    )
    wanted = None if asked.ids is None else frozenset(asked.ids)
    return array("q", (int(id or 0) for (id,) in rows if wanted is None or id in wanted))


async def write(portal: Portal, asked: Asked, ids: array[int], folder: Path) -> Path:
    """The finished file: a CSV, or a zip of one or more where it is large."""
    rows_of_part = portal.core.settings["export_part_rows"]
    starts = range(0, max(1, len(ids)), rows_of_part)
    parts = []
    for number, start in enumerate(starts, 1):
        name = f"{asked.name}.csv" if len(starts) == 1 else f"{asked.name}-{number}.csv"
        part = folder / f"{number}.csv"
        await _write_part(portal, asked, ids[start : start + rows_of_part], part)
        parts.append((name, part))
    if len(parts) == 1 and parts[0][1].stat().st_size <= portal.core.settings["export_zip_bytes"]:
        return parts[0][1]
    return await asyncio.to_thread(_zipped, folder, parts)


async def _write_part(portal: Portal, asked: Asked, ids: array[int], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        out.writerow(headings(asked))
        writers = cells(portal, asked)
        for start in range(0, len(ids), _SLICE):
            out.writerows(_rows(portal, asked, ids[start : start + _SLICE].tolist(), writers))
            await asyncio.sleep(0)  # whoever calls meanwhile is answered


def _rows(portal: Portal, asked: Asked, ids: list[int], writers: list[Cell]) -> Iterator[list[str]]:
    """What the records hold by now; who was archived since the export began is left out."""
    columns = ", ".join(quoted(name) for name in (ID, ARCHIVED_AT, *(p.name for p in asked.properties)))
    marks = ",".join("?" * len(ids))
    sql = f"SELECT {columns} FROM {asked.kind.plural} WHERE {ID} IN ({marks})"
    found = {row[0]: row for row in portal.core.state.rows(sql, ids)}
    for id in ids:
        row = found.get(id)
        if row is None or row[1] is not None:
            continue
        values = [write(value) for write, value in zip(writers, row[2:], strict=True)]
        yield [str(id), *values, *linked(portal, asked, id)]


def _zipped(folder: Path, parts: list[tuple[str, Path]]) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts:
            archive.write(part, name)
            part.unlink()
    return path
