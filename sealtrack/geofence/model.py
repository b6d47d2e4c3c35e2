"""What passes between reading, checking and compiling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry


class Level(StrEnum):
    """How bad a fault is."""

    warning = "warning"
    """Can be used; look at it."""
    error = "error"
    """Must not be used."""
    unreadable = "unreadable"
    """The file cannot be read, or says too little to be placed on the earth."""


class Fault(NamedTuple):
    """One thing wrong with a geofence file, and what to do about it."""

    file: str
    feature_id: str
    """The feature's id, `#3` for the third feature of a file without ids, "" for the file as a whole."""
    field: str
    """The property, `geometry`, or "" for the feature as a whole."""
    message: str
    remedy: str
    level: Level = Level.error

    def __str__(self) -> str:
        where = f"{self.file}"
        where += f", feature {self.feature_id}" if self.feature_id else ""
        where += f", {self.field}" if self.field else ""
        return f"{where}: {self.message}; {self.remedy}" + (" (warning)" if self.level is Level.warning else "")


class Feature(NamedTuple):
    """One feature as read: properties as the file has them, geometry in WGS84 degrees (x = longitude)."""

    file: str
    number: int
    """1 is the first feature of the file."""
    properties: dict[str, Any]
    """Only those that are not null."""
    geometry: BaseGeometry | None

    @property
    def label(self) -> str:
        """How messages name it."""
        return str(self.properties.get("id", f"#{self.number}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A checked feature: every value has its type and unit, defaults are filled in."""

    id: str
    name: str
    geometry: LineString | Polygon | MultiPolygon
    """A LineString is a corridor, anything else a zone. WGS84 degrees, 2-D, rounded to 1e-7."""
    half_width_m: float = 0.0
    permits: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    role: str = ""
    schedule: tuple[bool, ...] | None = None
    """168 hours of the week from Monday 00:00 UTC; None = always."""
    valid_from_ms: int
    valid_to_ms: int
    speed_limit_kmh: float = float("nan")

    @property
    def is_corridor(self) -> bool:
        return isinstance(self.geometry, LineString)
