"""What passes between reading, checking and compiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry


class Feature(NamedTuple):
    """One feature as read: properties as the file has them, geometry in WGS84 degrees (x = longitude)."""

    file: str
    number: int
    """1 is the first feature of the file."""
    properties: dict[str, Any]
    """Only those that are neither null nor blank."""
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
