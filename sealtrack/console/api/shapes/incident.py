"""Incidents, and what is shown with them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sealtrack.console.api.shapes.base import Degrees, Moment, Shape, Verdict
from sealtrack.console.api.shapes.declared import Declared, Earlier, Nearby, SealState, Trip, Unjudged
from sealtrack.schema import Kind, Severity, Status

State = Literal["new", "acknowledged", "assigned", "escalated", "closed", "suppressed", "withdrawn"]


class _Incident(Shape):
    """What list and page of an incident share."""

    incident_id: Annotated[str, Field(description="id of its first alert", examples=["960351f3de1a023a"])]
    shipment_id: Annotated[str, Field(examples=["TQ26-0006"])]
    seal_id: Annotated[str, Field(examples=["7900000006"])]
    score: Annotated[int, Field(ge=0, le=100)]
    severity: Severity
    open: Annotated[bool, Field(description="an alert of it goes on")]
    unit: str | None
    route_id: Annotated[str | None, Field(description="alternatives joined by |")]
    carrier: str | None
    vehicle: str | None
    cargo: str | None
    assigned_unit: str | None
    assigned_to: Annotated[str | None, Field(description="a user")]
    lat: Degrees
    lon: Degrees
    verdict: Verdict | None
    closing_by: Annotated[str | None, Field(description="asked to close it; a second person must agree")]
    revision: Annotated[int, Field(description="for If-Match: grows with each decision that is no note")]
    kinds: list[Kind]
    start: Moment
    end: Moment | None
    opened_at: Annotated[Moment, Field(description="when this console first heard of it")]
    updated_at: Moment
    due_at: Annotated[Moment | None, Field(description="by then somebody must answer; null once somebody has")]
    status: State
    suppressed: bool
    withdrawn: bool


class IncidentRow(_Incident):
    """An incident as the queue shows it."""

    alerts: Annotated[int, Field(description="how many alerts it has")]


class Page(Shape):
    """One page of the queue."""

    total: int
    page: int
    size: int
    items: list[IncidentRow]


class BySeverity(Shape):
    critical: int
    warning: int
    info: int


class Counts(Shape):
    """What stands in the queue."""

    new: int
    open: int
    by_severity: BySeverity
    latest: Moment | None
    updated_at: Moment | None


class Version(Shape):
    """One version of an alert, and which of its fields differ from the one before."""

    version: int
    status: Status
    severity: Severity
    start: Moment
    end: Moment | None
    lat: Degrees
    lon: Degrees
    evidence: dict[str, Any]
    detected_at: Moment
    changed: list[str]


class AlertTold(Shape):
    """The latest version of an alert, and all of them. What its evidence may hold is in docs/rules.md."""

    alert_id: str
    version: int
    kind: Kind
    status: Status
    severity: Severity
    shipment_id: str
    seal_id: str
    start: Moment
    end: Moment | None
    lat: Degrees
    lon: Degrees
    evidence: dict[str, Any]
    detected_at: Moment
    versions: list[Version]


class Reason(Shape):
    """Points that add up to the score; `kind` and `alert_id` where one alert gave them."""

    points: int
    text: str
    kind: Kind | None = None
    alert_id: str | None = None


class Decision(Shape):
    """What somebody decided; `user` is empty for the console itself."""

    at: Moment
    user: str
    action: Annotated[str, Field(examples=["acknowledge"])]
    unit: str | None
    officer: str | None
    verdict: Verdict | None
    reason: str | None
    text: str | None


class Incident(_Incident):
    """Everything about one incident."""

    shipment: Declared | None
    reasons: list[Reason]
    alerts: list[AlertTold]
    other_alerts: Annotated[list[AlertTold], Field(description="of the same shipment")]
    decisions: list[Decision]
    verdict_reason: str | None
    earlier: Earlier
    unjudged: Unjudged | None
    nearby: list[Nearby]


class ShipmentTold(Shape):
    """A shipment, its seal, its incidents and alerts."""

    shipment: Declared
    incidents: list[IncidentRow]
    alerts: list[AlertTold]
    unjudged: Unjudged | None
    seal: SealState | None


class SealTold(Shape):
    """A seal, the trips that it has served, and their incidents."""

    seal: SealState | None
    trips: list[Trip]
    incidents: list[IncidentRow]


class Verdicts(Shape):
    """Reason codes of each verdict."""

    confirmed: list[str]
    false: list[str]
    explained: list[str]


class Choices(Shape):
    verdicts: Verdicts
