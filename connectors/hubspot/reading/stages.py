"""Deal stages: what the pipelines say of a deal's probability, and whether it is closed or won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.errors import Garbled
from connectors.hubspot.reading.columns import Record
from connectors.hubspot.reading.frames import Frame
from connectors.hubspot.reading.links import Links
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; probability is a share 0..1, None where the pipeline gives none."""

    probability: float | None
    closed: bool
    won: bool


def read_stages(client: Client) -> Mapping[str, Stage]:
    """Every stage of every deal pipeline by its id; HubSpot's stage ids are unique in a portal."""
    body = client.read(Route.PIPELINES, object="deals").body
    pipelines = body.get("results")
    if not isinstance(pipelines, list):
        raise Garbled("list pipelines deals: the answer holds no results")
    return {str(s["id"]): _stage(s.get("metadata") or {}) for p in pipelines for s in p.get("stages") or ()}


def _stage(metadata: Mapping[str, Any]) -> Stage:
    text = metadata.get("probability")
    probability = None if text in (None, "") else float(text)
    told = metadata.get("isClosed")
    # Where a pipeline does not say isClosed, a probability of 0 or 1 does.
    closed = probability in (0.0, 1.0) if told is None else str(told).lower() == "true"
    return Stage(probability, closed, closed and probability == 1.0)


def deal_rows(
    frame: Frame, records: Sequence[Record], links: Links, stages: Mapping[str, Stage], *, deleted: bool
) -> pa.RecordBatch:
    """One row per deal, with the first of its companies; a stage's share where no property is mapped to it."""
    of_stage = {name: c for name, c in stage_columns(stages, records).items() if not frame.mapped(name)}
    first = [next(iter(links.get(record["id"], ())), None) for record in records]
    given = {"account_id": pa.array(first, pa.string()), **of_stage}
    return frame.rows(records, given, deleted=deleted)


def stage_columns(stages: Mapping[str, Stage], records: Sequence[Record]) -> dict[str, pa.Array]:
    """Probability, closed and won of these deals; null where the stage is in no pipeline any more."""
    found = [stages.get(str((r.get("properties") or {}).get("dealstage"))) for r in records]
    return {
        "probability": pa.array([s.probability if s else None for s in found], pa.float64()),
        "closed": pa.array([s.closed if s else None for s in found], pa.bool_()),
        "won": pa.array([s.won if s else None for s in found], pa.bool_()),
    }
