"""Tracks, and the geofences around them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sealtrack.console.api.shapes.base import Degrees, LockName, Moment, Shape

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
