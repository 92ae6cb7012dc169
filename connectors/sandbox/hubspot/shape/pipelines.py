"""The portal's deal pipelines: stages in order, each with its share of likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MADE = "2019-08-06T02:41:52.411Z"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; `probability` is a share 0..1, and 0 or 1 when the stage is closed."""

    id: str
    label: str
    probability: float
    closed: bool = False

    @property
    def won(self) -> bool:
        """Whether a deal in this stage is won."""
        return self.closed and self.probability == 1.0

    def shown(self, position: int) -> dict[str, Any]:
        """The stage as the API writes it: metadata are strings."""
        return {
            "label": self.label,
            "displayOrder": position,
            "metadata": {"isClosed": str(self.closed).lower(), "probability": str(self.probability)},
            "id": self.id,
            "createdAt": _MADE,
            "updatedAt": _MADE,
            "archived": False,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline of deals."""

    id: str
    label: str
    stages: tuple[Stage, ...]

    def shown(self, position: int) -> dict[str, Any]:
        """The pipeline as the API writes it."""
        return {
            "label": self.label,
            "displayOrder": position,
            "id": self.id,
            "stages": [stage.shown(place) for place, stage in enumerate(self.stages)],
            "createdAt": _MADE,
            "updatedAt": _MADE,
            "archived": False,
        }


PIPELINES: tuple[Pipeline, ...] = (
    Pipeline(
        "default",
        "Sales Pipeline",
        (
            Stage("appointmentscheduled", "Appointment Scheduled", 0.2),
            Stage("qualifiedtobuy", "Qualified To Buy", 0.4),
            Stage("presentationscheduled", "Presentation Scheduled", 0.6),
            Stage("decisionmakerboughtin", "Decision Maker Bought-In", 0.8),
            Stage("contractsent", "Contract Sent", 0.9),
            Stage("closedwon", "Closed Won", 1.0, closed=True),
            Stage("closedlost", "Closed Lost", 0.0, closed=True),
        ),
    ),
    Pipeline(
        "75e28846",
        "Renewals",
        (
            # Stage ids of a second pipeline are numbers, so nothing may be read out of an id.
            Stage("146783201", "Renewal due", 0.7),
            Stage("146783202", "Renewed", 1.0, closed=True),
            Stage("146783203", "Churned", 0.0, closed=True),
        ),
    ),
)
STAGES: Mapping[str, tuple[Pipeline, Stage]] = {
    stage.id: (pipeline, stage) for pipeline in PIPELINES for stage in pipeline.stages
}
"""Every stage with its pipeline, by stage id."""
