"""Sections 1 and 2: one report by itself, whose it is, order and duplicates."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock
from tests.naive.geometry import Point
from tests.naive.terms import Case

SET_SINCE_MS = 1_262_304_000_000  # 2010-01-01
WEEK_MS = 7 * 86_400_000

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
    clock_fault: bool
    beyond: bool
    """Beyond the horizon: not walked."""
    order: tuple[Any, ...]
    content: tuple[Any, ...]
    arrival: tuple[int, ...]
    heard: tuple[int, ...] = ()
    """The r of every copy."""


def admitted_t(time: int, r: int, case: Case) -> int:
    """The t that counts."""
    # reading: clocks and the horizon are the default policy's, whatever the shipment's terms are
    fault = time < SET_SINCE_MS or time - r > case.policies.default.clock_ahead_s * 1_000
    return r if fault else time


def is_nobodys(r: int, case: Case) -> bool:
    return r - case.end > max(WEEK_MS, case.policies.default.horizon_s * 1_000)


def is_beyond(t: int, r: int, case: Case) -> bool:
    return r - t > case.policies.default.horizon_s * 1_000


def admit(raw: dict[str, Any], case: Case) -> Report:
    r = raw["received_ms"]
    t = admitted_t(raw["time_ms"], r, case)
    rest = tuple(_sortable(raw, name) for name in CONTENT)
    seq = -1 if raw.get("seq") is None else raw["seq"]
    arrival = tuple(raw.get(name) or 0 for name in ARRIVAL)
    return Report(
        t=t,
        r=r,
        fix=_fix(raw, t, case),
        speed_kmh=_number(raw.get("speed_kmh")),
        battery_pct=_number(raw.get("battery_pct")),
        lock=raw.get("lock"),
        events=frozenset(raw.get("events") or ()),
        card=raw.get("card"),
        # reading: a device time that is `received` itself is right, whatever it is
        clock_fault=t != raw["time_ms"],
        beyond=is_beyond(t, r, case),
        order=(t, seq, r, rest[:-1], arrival[1:]),
        # reading: the t of two duplicates is the admitted one, so copies of a report whose clock is at fault are equal
        # only where they were received together
        content=(t, seq, rest),
        arrival=arrival,
    )


def _fix(raw: dict[str, Any], t: int, case: Case) -> Fix | None:
    lat, lon, accuracy = (_number(raw.get(name)) for name in ("lat", "lon", "accuracy_m"))
    if lat is None or lon is None or raw.get("valid") is False:
        return None
    if not (abs(lat) <= 90 and abs(lon) <= 180) or (lat == 0 and lon == 0):
        return None
    return Fix(lat, lon, t, max(accuracy or 0.0, case.at(t).policy.fix_error_m))


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


def reports_of(raws: list[dict[str, Any]], case: Case) -> list[Report]:
    """The shipment's reports, each once, in walking order; those beyond the horizon are among them."""
    admitted = [admit(raw, case) for raw in raws if raw.get("seal") == case.shipment.seal_id]
    mine = [report for report in admitted if not is_nobodys(report.r, case)]
    own = [report for report in mine if case.shipment.depart_at <= report.t < case.end]
    # reading: duplicates are looked for before the horizon is applied, so that the copy that came in time counts
    copies: dict[tuple[Any, ...], list[Report]] = {}
    for report in sorted(own, key=lambda report: report.arrival):
        copies.setdefault(report.content, []).append(report)
    once = [replace(same[0], heard=tuple(copy.r for copy in same)) for same in copies.values()]
    return sorted(once, key=lambda report: report.order)
