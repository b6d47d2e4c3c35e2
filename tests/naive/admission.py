"""Sections 1 and 2: one report by itself, whose it is, order and duplicates."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from sealtrack.policy import Policy
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock, Shipment
from tests.naive.geometry import Point

SET_SINCE_MS = 1_262_304_000_000  # 2010-01-01
DAY_MS = 86_400_000

ARRIVAL = ("received_ms", "partition", "offset")
ORDER = ("lat", "lon", "speed_kmh", "heading_deg", "accuracy_m", "battery_pct", "events", "lock", "satellites", "flags")
CONTENT = (*ORDER, "card")


@dataclass(frozen=True)
class Fix:
    lat: float
    lon: float
    t: int
    e: float

    @property
    def point(self) -> Point:
        return (self.lon, self.lat)


@dataclass(frozen=True)
class Report:
    t: int
    r: int
    fix: Fix | None
    speed_kmh: float | None
    battery_pct: float | None
    lock: str | None
    events: frozenset[str]
    card: str | None
    beyond: bool
    """Beyond the horizon: not walked."""
    order: tuple[Any, ...]
    content: tuple[Any, ...]
    arrival: tuple[int, ...]
    heard: tuple[int, ...] = ()
    """The r of every copy."""


def admit(raw: dict[str, Any], policy: Policy) -> Report:
    time, r = raw["time_ms"], raw["received_ms"]
    fault = time < SET_SINCE_MS or time - r > policy.clock_ahead_s * 1_000
    t = r if fault else time
    rest = tuple(_sortable(raw, name) for name in CONTENT)
    seq = -1 if raw.get("seq") is None else raw["seq"]
    return Report(
        t=t,
        r=r,
        fix=_fix(raw, t, policy),
        speed_kmh=_number(raw.get("speed_kmh")),
        battery_pct=_number(raw.get("battery_pct")),
        lock=raw.get("lock"),
        events=frozenset(raw.get("events") or ()),
        card=raw.get("card"),
        beyond=r - t > policy.horizon_s * 1_000,
        # reading: where only the card differs the law names no order; text before text is as good as any
        order=(t, seq, r, rest),
        # reading: the t of two duplicates is the admitted one, so copies of a report whose clock is at fault are equal
        # only where they were received together
        content=(t, seq, rest),
        arrival=tuple(raw.get(name) or 0 for name in ARRIVAL),
    )


def _fix(raw: dict[str, Any], t: int, policy: Policy) -> Fix | None:
    lat, lon, accuracy = (_number(raw.get(name)) for name in ("lat", "lon", "accuracy_m"))
    if lat is None or lon is None or raw.get("valid") is False:
        return None
    if not (abs(lat) <= 90 and abs(lon) <= 180) or (lat == 0 and lon == 0):
        return None
    return Fix(lat, lon, t, max(accuracy or 0.0, policy.fix_error_m))


def _number(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _sortable(raw: dict[str, Any], name: str) -> tuple[bool, Any]:
    """A value that compares with its like: missing ones first."""
    if name == "flags":
        return (True, FLAG_INVALID * (raw.get("valid") is False) + FLAG_BUFFERED * bool(raw.get("buffered")))
    value = raw.get(name)
    if name == "events":
        return (True, sum(EVENT_BIT[event] for event in value or ()))
    if name == "lock":
        return (True, int(Lock[value or "unknown"]))
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return (False, 0)
    return (True, value)


def shipment_end(shipment: Shipment, seal_shipments: list[Shipment]) -> int:
    """The first millisecond that no longer belongs to the shipment."""
    order = sorted(seal_shipments, key=lambda s: (s.depart_at, s.shipment_id))
    later = [s.depart_at for s in order[order.index(shipment) + 1 :]]
    closed = [] if shipment.closed_at is None else [shipment.closed_at + 1]
    return min([*later[:1], *closed, shipment.depart_at + 30 * DAY_MS])


def reports_of(
    raws: list[dict[str, Any]], shipment: Shipment, seal_shipments: list[Shipment], policy: Policy
) -> list[Report]:
    """The shipment's reports, each once, in walking order; those beyond the horizon are among them."""
    end = shipment_end(shipment, seal_shipments)
    admitted = [admit(raw, policy) for raw in raws if raw.get("seal") == shipment.seal_id]
    # reading: duplicates are looked for before the horizon is applied, so that the copy that came in time counts
    copies: dict[tuple[Any, ...], list[Report]] = {}
    for report in sorted((a for a in admitted if shipment.depart_at <= a.t < end), key=lambda a: a.arrival):
        copies.setdefault(report.content, []).append(report)
    once = [replace(same[0], heard=tuple(copy.r for copy in same)) for same in copies.values()]
    return sorted(once, key=lambda report: report.order)
