"""The duty room: all seals, statistics, devices, queues, hand-over."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sealtrack.console.api.shapes.base import Degrees, Moment, Shape
from sealtrack.console.api.shapes.incident import IncidentRow

Fault = Literal["low_battery", "silent", "poor_fixes", "device_fault"]
LiveState = Literal["unheard", "silent", "stale", "moving", "standing"]


class Live(Shape):
    """All shipments under way, a row each."""

    clock: Annotated[Moment, Field(description="how far the data have come")]
    columns: Annotated[
        list[str],
        Field(
            examples=[
                ["seal_id", "shipment_id", "lat", "lon", "time_ms", "age_s", "state", "score", "eta_ms", "arrive_by_ms"]
            ],
        ),
    ]
    seals: list[list[str | float | None]]


class Figures(Shape):
    """Of one unit, route, carrier, seal, card, officer or rule."""

    name: str
    trips: int | None
    incidents: int
    alerts: Annotated[int, Field(description="of a rule: its own")]
    alerts_per_100_trips: float | None
    repeat_stops: Annotated[int, Field(description="stops and openings where other trips stopped, too")]
    escalated: int
    answered: Annotated[int, Field(description="of an officer: those that they answered first")]
    response_median_s: int | None
    response_p90_s: int | None
    confirmed: int
    false: int
    explained: int
    precision_pct: Annotated[float | None, Field(description="verdicts that are not `false`, of all verdicts")]
    offences_pct: Annotated[float | None, Field(description="verdicts `confirmed`, of all verdicts")]


class Place(Shape):
    """Where more than one stop or opening was told, within about 500 m."""

    lat: float
    lon: float
    alerts: int
    seals: int
    carriers: list[str]
    seal_ids: list[str]
    cards: list[str]
    officers: list[str]
    shipments: list[str]


class Statistics(Shape):
    """Of incidents that began, and trips that departed, in the time asked for."""

    by: Literal["unit", "route", "carrier", "seal", "card", "officer", "rule"]
    from_: Annotated[Moment | None, Field(alias="from")]
    to: Moment | None
    items: list[Figures]
    total: Figures
    places: list[Place]


class Task(Shape):
    """A piece of maintenance."""

    id: int
    fault: Fault
    owner: str | None
    text: str | None
    opened_at: Moment
    days_open: float


class Device(Shape):
    """A seal's health; where it is is null while it is on another unit's trip."""

    seal_id: str
    battery_pct: float | None
    satellites: int | None
    heard_at: Moment
    silent_s: int
    reports_7d: int
    fix_pct: float | None
    lat: Degrees
    lon: Degrees
    faults: list[Fault]
    tasks: list[Task]


class Devices(Shape):
    clock: Moment
    items: list[Device]


class Queue(Shape):
    """A gate or yard: who is in it now, and how long trucks of the last day stayed."""

    zone_id: str
    name: str
    role: str
    lat: float
    lon: float
    inside: int
    queue: Annotated[int, Field(description="of those inside, the ones that stand")]
    visits: int
    dwell_median_s: int | None
    dwell_longest_s: int | None


class Congestion(Shape):
    clock: Moment
    seals: Annotated[int, Field(description="heard in the last day, with a place")]
    seals_looked_at: Annotated[int, Field(description="of how many the visits and dwell times are")]
    items: list[Queue]


class Came(Shape):
    total: int
    by_severity: dict[str, int]


class Remark(Shape):
    at: Moment
    incident_id: str
    shipment_id: str
    user: str
    action: str
    text: str


class UnjudgedTrip(Shape):
    """Reports of it came beyond the horizon."""

    shipment_id: str
    seal_id: str
    unit: str | None
    late_reports: int
    horizon_needed_s: int


class Handover(Shape):
    """The report of a shift."""

    from_: Annotated[Moment, Field(alias="from")]
    to: Moment
    came: Came
    answered: int
    actions: dict[str, int]
    verdicts: dict[str, int]
    by_user: dict[str, int]
    notes: list[Remark]
    escalated: list[IncidentRow]
    asked_to_close: list[IncidentRow]
    open: list[IncidentRow]
    unjudged: list[UnjudgedTrip]
    suppressions: Annotated[int | None, Field(description="null for users who are bound to units")]
    maintenance: int | None
