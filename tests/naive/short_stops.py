"""Section 11, short stops and what several of them of one shipment amount to."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sealtrack.schema import Kind, Severity
from tests.naive.gate import Step
from tests.naive.geometry import Point, distance_m
from tests.naive.machine import Alert
from tests.naive.stops import Anchor, Stops, follow
from tests.naive.terms import Case

CREEP_M = 1_000.0
CREEP_KMH = 10.0
PROBES = {Kind.seal_open, Kind.seal_tamper}


@dataclass(frozen=True)
class ShortStop:
    start: int
    end: int | None
    place: Point
    """Mean of its fixes: when it opened, and once it is closed, of all of them."""
    detected_at: int
    closed_at: int
    """`received` of the report that closed it, or the shipment's end."""


class _Detector(Stops):
    closed_at: int = 0

    def leave(self, detected_at: int, t: int) -> None:
        self.closed_at = detected_at
        super().leave(detected_at, t)

    def close(self, end: int, _t: float) -> None:
        if self.alert is not None and self.anchor is not None:
            self.alert.lon, self.alert.lat = self.anchor.mean
            self.alert.end, self.alert.evidence["closed_at"] = end, self.closed_at
            self.alert = None

    def _version(self, anchor: Anchor, t: int) -> None:
        """The place is that of the opening until the stop is over."""
        if self.alert is not None and self.alert.lat is None:
            super()._version(anchor, t)


def short_stops(steps: list[Step], case: Case) -> list[ShortStop]:
    policy = _shortened(case)
    found = follow(_Detector(policy), steps, policy)
    if case.clock >= case.end:
        assert isinstance(found, _Detector)
        found.closed_at = case.end
        found.close(case.end if found.left_at is None else found.left_at, math.inf)
    stops = []
    for alert in found.alerts:
        assert alert.lon is not None
        assert alert.lat is not None
        closed_at = alert.evidence.get("closed_at", 0)
        stops.append(ShortStop(alert.start, alert.end, (alert.lon, alert.lat), alert.detected_at, closed_at))
    return stops


def _shortened(case: Case) -> Case:
    """The same case, but stops are told from `short_stop_s` on."""
    sets = {
        name: replace(policy, stop_warning_s=policy.short_stop_s, stop_critical_s=math.inf)
        for name, policy in {"": case.policies.default, **case.policies.sets}.items()
    }
    default = sets.pop("")
    policies = replace(case.policies, default=default, sets=sets)
    return replace(case, policies=policies).at(case.records[-1].amended_at or 0)


@dataclass(frozen=True)
class Halt:
    """Short stops that are one, because the truck crept from one to the next."""

    stops: list[ShortStop]

    @property
    def start(self) -> int:
        return self.stops[0].start

    @property
    def place(self) -> Point:
        return self.stops[0].place


def accumulations(stops: list[ShortStop], alerts: list[Alert], case: Case) -> list[Alert]:
    """`alerts`: those of the shipment, among them what was done to its seal."""
    policy = case.policy
    # reading: a stop of `stop_warning_s` or more is an alert of its own, and no short one
    short = [stop for stop in stops if stop.end is not None and _length(stop) < policy.stop_warning_s * 1_000]
    left = _halts(sorted(short, key=lambda stop: stop.start))
    found = []
    while left:
        first = left[0]
        group = [halt for halt in left if _goes_with(halt, first, case)]
        probing = any(
            alert.kind in PROBES and 0 <= first.start - alert.start <= policy.accumulate_s * 1_000 for alert in alerts
        )
        completed_at = _completed_at(group, case, probing=probing)
        left = [halt for halt in left if halt not in (group if completed_at is not None else [first])]
        if completed_at is not None:
            found.append(_alert(group, completed_at, probing=probing))
    return found


def _halts(stops: list[ShortStop]) -> list[Halt]:
    halts: list[Halt] = []
    for stop in stops:
        if halts and _crept(halts[-1].stops[-1], stop):
            halts[-1].stops.append(stop)
        else:
            halts.append(Halt([stop]))
    return halts


def _crept(before: ShortStop, stop: ShortStop) -> bool:
    assert before.end is not None
    way_m = distance_m(before.place, stop.place)
    # reading: the way is the straight one from mean to mean
    return way_m <= CREEP_M or way_m <= CREEP_KMH / 3_600 * (stop.start - before.end)


def _length(stop: ShortStop) -> int:
    assert stop.end is not None
    return stop.end - stop.start


def _goes_with(halt: Halt, first: Halt, case: Case) -> bool:
    near = distance_m(halt.place, first.place) <= case.policy.accumulate_m
    return near and halt.start - first.start <= case.policy.accumulate_s * 1_000


def _completed_at(group: list[Halt], case: Case, *, probing: bool) -> int | None:
    """When the stop closed with which they sufficed; None where they do not."""
    sum_ms = 0
    for number, halt in enumerate(group, 1):
        for stop in halt.stops:
            sum_ms += _length(stop)
            many = number >= case.policy.accumulate_stops and sum_ms >= case.policy.stop_warning_s * 1_000
            if many or (probing and number >= 2):
                return stop.closed_at
    return None


def _alert(group: list[Halt], completed_at: int, *, probing: bool) -> Alert:
    severity = Severity.critical if probing else Severity.warning
    lon, lat = group[0].place
    alert = Alert(Kind.unauthorised_stop, severity, group[0].start, completed_at, lat, lon)
    # reading: "the last's end" is that of the last by start
    alert.end = group[-1].stops[-1].end
    alert.evidence = {"accumulated": True, "probing": probing, "stops": len(group)}
    alert.written = math.inf
    return alert
