"""Incidents, alerts, shipments, tracks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sealtrack.console.api.shapes.base import Degrees, Moment, Shape
from sealtrack.schema import Kind, Severity, Status

State = Literal["new", "acknowledged", "assigned", "escalated", "closed", "suppressed", "withdrawn"]
Verdict = Literal["confirmed", "false", "explained"]
LockName = Literal["unknown", "locked", "unlocked", "cut"]


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
    """The latest version of an alert, and all of them. The evidence of each kind is in docs/schema.md."""

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


class Declared(Shape):
    """A shipment as it was declared last."""

    shipment_id: str
    seal_id: str
    route_id: str
    origin_zone: str | None
    destination_zone: str | None
    declaration_no: str | None
    carrier: str | None
    vehicle: str | None
    cargo: str | None
    unit: str | None
    policy: str | None
    depart_at: Moment
    arrive_by: Moment | None
    closed_at: Moment | None
    amended_at: Moment | None
    open_cards: list[str]


class EarlierTrip(Shape):
    shipment_id: str
    seal_id: str
    depart_at: Moment
    incidents: int
    score: int | None
    verdict: Verdict | None


class Earlier(Shape):
    """Trips before this one, the latest first. Empty for a shipment that was never declared."""

    seal: list[EarlierTrip] = Field(default_factory=list)
    carrier: list[EarlierTrip] = Field(default_factory=list)
    vehicle: list[EarlierTrip] = Field(default_factory=list)
    card: list[EarlierTrip] = Field(default_factory=list)


class Nearby(Shape):
    """A truck that was near when it began, at its nearest."""

    shipment_id: str
    seal_id: str
    distance_m: int
    lat: float
    lon: float
    at: Moment


class Unjudged(Shape):
    """Reports came beyond the horizon: the trip is to be replayed with a longer one."""

    late_reports: int
    horizon_needed_s: int


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


Numbers = list[float | None]


class Columns(Shape):
    """Reports, a list for each field, all equally long."""

    time_ms: list[int]
    received_ms: list[int]
    lat: Numbers
    lon: Numbers
    satellites: list[int | None]
    card: list[str | None]
    partition: list[int]
    offset: list[int]
    speed_kmh: Numbers
    heading_deg: Numbers
    battery_pct: Numbers
    accuracy_m: Numbers
    lock: list[LockName]
    events: Annotated[list[str], Field(description="joined by ;")]
    off_route_m: Numbers
    flags: Annotated[list[int], Field(description="bits of sealtrack.schema")]


class Gap(Shape):
    """A hole between two fixes, and how far the truck can have been from both together."""

    from_: Annotated[Moment, Field(alias="from")]
    to: Moment
    lat: float
    lon: float
    radius_m: int
    reach_m: int
    ends: list[list[float]]


class Corridor(Shape):
    """An approved route; `line`: latitudes and longitudes in 1e-5 degrees, each as the difference to the one before."""

    id: str
    name: str
    half_width_m: float
    used: bool
    line: list[int]


class Zone(Shape):
    """A zone; `rings` packed as lines are."""

    id: str
    name: str
    role: str
    forbids: bool
    rules: str
    used: bool
    end: bool
    rings: list[list[int]]


class Places(Shape):
    """Corridors and zones, and the tile server that the settings name."""

    routes: list[Corridor]
    zones: list[Zone]
    tiles: str


class Seen(Shape):
    """What somebody or something else saw of the shipment, or of what passes for it."""

    sighting_id: str
    at: Moment
    source: Annotated[str, Field(examples=["camera"])]
    device_id: str | None
    vehicle: str | None
    zone_id: str | None
    plate: str | None
    seal_id: str | None
    note: str | None
    read: Annotated[list[Literal["plate", "seal"]], Field(description="what was read and is not the shipment's")]
    partition: int
    offset: int
    lat: Degrees
    lon: Degrees
    within_m: Annotated[int | None, Field(description="how exact a place is that was told as a zone")]


class Track(Shape):
    """What a seal reported, with the geofences around it."""

    geofences: Annotated[str | None, Field(description="version of the geofences that judge the shipment")]
    clock: Annotated[Moment, Field(description="how far the data have come")]

    columns: Columns
    topic: str | None
    topics: list[str]
    from_: Annotated[Moment, Field(alias="from")]
    to: Moment
    complete: Annotated[bool, Field(description="false: there are more reports than one answer holds")]
    gaps: list[Gap]
    sightings: list[Seen]
    routes: list[Corridor]
    zones: list[Zone]


class SealState(Shape):
    """A seal as it was heard last; where and how locked is null while it is on another unit's trip."""

    seal_id: str
    heard_at: Moment
    fix_at: Moment | None
    lat: Degrees
    lon: Degrees
    lock: LockName | None
    battery_pct: float | None
    satellites: int | None


class Trip(Shape):
    shipment_id: str
    route_id: str
    carrier: str | None
    vehicle: str | None
    cargo: str | None
    unit: str | None
    depart_at: Moment
    closed_at: Moment | None


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
