"""Deal stages: what the pipelines say of a deal's probability, and whether it is closed or won."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.errors import Garbled
from connectors.hubspot.reading.columns import Record, moment
from connectors.hubspot.reading.frames import Frame
from connectors.hubspot.reading.links import Links
from connectors.hubspot.wire.answers import clean
from connectors.hubspot.wire.client import Client
from connectors.hubspot.wire.paths import Route
from connectors.tables import STAGES


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; probability is a share 0..1, None where the pipeline gives none."""

    id: str
    label: str
    pipeline: str
    """The pipeline's label."""
    probability: float | None
    closed: bool
    won: bool
    active: bool
    modified_at: str | None


def read_stages(client: Client) -> Mapping[str, Stage]:
    """Every stage of every deal pipeline by its id, in the order in which HubSpot shows them.

    Stage ids are unique in a portal; labels are not, and people change them.
    """
    body = client.read(Route.PIPELINES, object="deals").body
    pipelines = body.get("results")
    if not isinstance(pipelines, list):
        raise Garbled("list pipelines deals: the answer holds no results")
    return {stage.id: stage for p in _in_order(pipelines) for stage in _stages(p)}


def stage_rows(client: Client) -> Iterator[pa.RecordBatch]:
    """The same as a table; `sort_order` runs through all pipelines, and `name` is what deals hold."""
    stages = read_stages(client).values()
    columns = {
        "id": [s.id for s in stages],
        "name": [s.id for s in stages],
        "label": [s.label for s in stages],
        "pipeline": [s.pipeline for s in stages],
        "sort_order": list(range(len(stages))),
        "probability": [s.probability for s in stages],
        "closed": [s.closed for s in stages],
        "won": [s.won for s in stages],
        "active": [s.active for s in stages],
        "modified_at": [moment(s.modified_at) for s in stages],
        "deleted": [False] * len(stages),
    }
    yield pa.RecordBatch.from_pydict(columns, schema=STAGES)


def _in_order(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By display order, and by label where two have the same (doc)."""
    return sorted(entries, key=lambda e: (e.get("displayOrder") or 0, str(e.get("label"))))


def _stages(pipeline: Mapping[str, Any]) -> Iterator[Stage]:
    label, active = clean(pipeline.get("label")), not pipeline.get("archived")
    for stage in _in_order(pipeline.get("stages") or ()):
        metadata = stage.get("metadata") or {}
        probability = _share(metadata.get("probability"), stage)
        told = metadata.get("isClosed")
        # Where a pipeline does not say isClosed, a probability of 0 or 1 does.
        closed = probability in (0.0, 1.0) if told is None else str(told).lower() == "true"
        yield Stage(
            id=str(stage["id"]),
            label=clean(stage.get("label")),
            pipeline=label,
            probability=probability,
            closed=closed,
            won=closed and probability == 1.0,
            active=active and not stage.get("archived"),
            modified_at=stage.get("updatedAt"),
        )


def _share(told: object, stage: Mapping[str, Any]) -> float | None:
    try:
        return None if told in (None, "") else float(str(told))
    except ValueError:
        said = f"list pipelines deals: stage {stage['id']} has the probability {clean(told)!r}, which is no number"
        raise Garbled(said) from None


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
