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


def accumulations(stops: list[ShortStop], alerts: list[Alert], case: Case) -> list[Alert]:
    """`alerts`: those of the shipment, among them what was done to its seal."""
    policy = case.policy
    # reading: a stop of `stop_warning_s` or more is an alert of its own, and no short one
    left = sorted((s for s in stops if s.end is not None and _length(s) < policy.stop_warning_s * 1_000), key=_start)
    found = []
    while left:
        first = left[0]
        group = [s for s in left if _goes_with(s, first, case)]
        probing = any(
            alert.kind in PROBES and 0 <= first.start - alert.start <= policy.accumulate_s * 1_000 for alert in alerts
        )
        enough = _enough(group, case, probing=probing)
        left = [s for s in left if s not in (group if enough else [first])]
        if enough:
            found.append(_alert(group, enough, probing=probing))
    return found


def _start(stop: ShortStop) -> int:
    return stop.start


def _length(stop: ShortStop) -> int:
    assert stop.end is not None
    return stop.end - stop.start


def _goes_with(stop: ShortStop, first: ShortStop, case: Case) -> bool:
    near = distance_m(stop.place, first.place) <= case.policy.accumulate_m
    return near and stop.start - first.start <= case.policy.accumulate_s * 1_000


def _enough(group: list[ShortStop], case: Case, *, probing: bool) -> int:
    """How many of them, from the first on, suffice; 0 where all of them do not."""
    for n in range(2, len(group) + 1):
        sum_ms = sum(_length(stop) for stop in group[:n])
        if probing or (n >= case.policy.accumulate_stops and sum_ms >= case.policy.stop_warning_s * 1_000):
            return n
    return 0


def _alert(group: list[ShortStop], enough: int, *, probing: bool) -> Alert:
    severity = Severity.critical if probing else Severity.warning
    lon, lat = group[0].place
    # reading: the stop that completed it is the one with which the stops, by start, sufficed
    alert = Alert(Kind.unauthorised_stop, severity, group[0].start, group[enough - 1].closed_at, lat, lon)
    # reading: "the last's end" is that of the last by start
    alert.end = group[-1].end
    alert.evidence = {"accumulated": True, "probing": probing, "stops": len(group)}
    alert.written = math.inf
    return alert
