"""Shipments, trips and seals."""

from __future__ import annotations

from pydantic import Field

from sealtrack.console.api.shapes.base import Degrees, LockName, Moment, Shape, Verdict


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
