"""Section 5, and the long stops of section 7."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean

from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix
from tests.naive.fences import in_zone_permitting
from tests.naive.gate import Step
from tests.naive.geometry import Point, distance_m
from tests.naive.machine import DOUBLING_FLOOR_MS, RANK, Alert
from tests.naive.terms import Case


@dataclass
class Anchor:
    before: Fix | None
    """The fix accepted before the first one."""
    fixes: list[Fix]

    @property
    def mean(self) -> Point:
        return fmean(fix.lon for fix in self.fixes), fmean(fix.lat for fix in self.fixes)


@dataclass
class Stops:
    case: Case
    alerts: list[Alert] = field(default_factory=list)
    anchor: Anchor | None = None
    away: Anchor | None = None
    first_out: Fix | None = None
    """The first fix outside since the last one inside."""
    alert: Alert | None = None
    """The open one, of the present anchor."""
    version_length_ms: int = 0

    def fix(self, fix: Fix, before: Fix | None, detected_at: int) -> None:
        if self.anchor is None:
            self.anchor = Anchor(before, [fix])
        elif self._near(fix, self.anchor):
            self.anchor.fixes.append(fix)
            self.away = self.first_out = None
            self._inside(self.anchor, fix.t, detected_at)
        else:
            self._outside(fix, before, detected_at)

    def _outside(self, fix: Fix, before: Fix | None, detected_at: int) -> None:
        if self.away is not None and self._near(fix, self.away):
            self.away.fixes.append(fix)
        else:
            self.away = Anchor(before, [fix])
        if self.first_out is None:
            self.first_out = fix
        elif fix.t - self.first_out.t >= self.case.policy.stop_leave_s * 1_000:
            self.leave(detected_at, fix.t)
            # reading: the fix that makes `away` the anchor is no inside fix: it opens nothing
            self.anchor, self.away, self.first_out = self.away, None, None

    def leave(self, detected_at: int, t: int) -> None:
        """The anchor's stop is over."""
        if self.anchor is None:
            return
        end = self.stop_end(self.anchor)
        long = end - self.start(self.anchor) >= self.case.policy.stop_warning_s * 1_000
        # reading: the zone must be in force at the last fix inside
        allowed = self._permitted(self.anchor, self.anchor.fixes[-1].t)
        if self.alert is None and len(self.anchor.fixes) > 1 and long and not allowed:
            self._open(self.anchor, end, detected_at)
        if self.alert is not None:
            # reading: a stop that proves so long only by its end is critical all the same
            self._rise(self.anchor, end)
        self.close(end, t)

    def close(self, end: int, t: float) -> None:
        if self.alert is not None and self.anchor is not None:
            self._version(self.anchor, end)
            self.alert.end, self.alert.written = end, t
            self.alert = None

    def clock(self, clock: int) -> None:
        """As if fixes inside the anchor came at the very moments when it becomes unauthorised and critical."""
        # reading: "no fix has left" = none outside since the last one inside
        if self.anchor is None or len(self.anchor.fixes) < 2 or self.first_out is not None:
            return
        for limit_s in (self.case.policy.stop_warning_s, self.case.policy.stop_critical_s):
            moment = self.start(self.anchor) + round(limit_s * 1_000)
            if moment <= min(clock, self.case.end):
                self._inside(self.anchor, moment, moment)
                if self.alert is not None:
                    self.alert.written = math.inf

    def start(self, anchor: Anchor) -> int:
        first, before = anchor.fixes[0], anchor.before
        if before is None or first.t - before.t > self.case.policy.silence_s * 1_000:
            return first.t
        return min(first.t, before.t + self._drive_ms(distance_m(before.point, first.point)))

    def stop_end(self, anchor: Anchor) -> int:
        last_inside = anchor.fixes[-1].t
        if self.first_out is None or self.first_out.t - last_inside > self.case.policy.silence_s * 1_000:
            return last_inside
        return max(last_inside, self.first_out.t - self._drive_ms(distance_m(anchor.mean, self.first_out.point)))

    @property
    def left_at(self) -> int | None:
        """The end of a stop that is being left; None where no fix lies outside."""
        return None if self.anchor is None or self.first_out is None else self.stop_end(self.anchor)

    def _inside(self, anchor: Anchor, t: int, detected_at: int) -> None:
        length_ms = t - self.start(anchor)
        # reading: where a zone permits it an inside fix says nothing, be the stop open or not
        if length_ms < self.case.policy.stop_warning_s * 1_000 or self._permitted(anchor, t):
            return
        if self.alert is None:
            self._open(anchor, t, detected_at)
        elif self._rise(anchor, t) or length_ms >= 2 * self.version_length_ms:
            self._version(anchor, t)

    def _open(self, anchor: Anchor, t: int, detected_at: int) -> None:
        start = self.start(anchor)
        self.alert = Alert(Kind.unauthorised_stop, Severity.warning, start, detected_at, None, None)
        self.alerts.append(self.alert)
        self._rise(anchor, t)
        self._version(anchor, t)

    def _rise(self, anchor: Anchor, t: int) -> bool:
        assert self.alert is not None
        long = t - self.start(anchor) >= self.case.policy.stop_critical_s * 1_000
        rises = long and RANK[self.alert.severity] < RANK[Severity.critical]
        self.alert.severity = Severity.critical if rises else self.alert.severity
        return rises

    def _version(self, anchor: Anchor, t: int) -> None:
        assert self.alert is not None
        self.alert.lon, self.alert.lat = anchor.mean
        self.alert.written = t
        self.version_length_ms = max(t - self.start(anchor), DOUBLING_FLOOR_MS)

    def _near(self, fix: Fix, anchor: Anchor) -> bool:
        radius_m = self.case.policy.stop_radius_m + fix.e - self.case.policy.fix_error_m
        return distance_m(fix.point, anchor.mean) <= radius_m

    def _permitted(self, anchor: Anchor, t: int) -> bool:
        return in_zone_permitting(self.case.fences, "stop", anchor.mean, t, self.case.policy.fix_error_m)

    def _drive_ms(self, metres: float) -> int:
        # reading: times are whole milliseconds, rounded to the nearest
        return round(metres / self.case.policy.cruise_kmh * 3_600)


def stops(steps: list[Step], case: Case) -> Stops:
    return follow(Stops(case), steps, case)


def follow(found: Stops, steps: list[Step], case: Case) -> Stops:
    """Take every accepted fix through the detector."""
    before: Fix | None = None
    for step in steps:
        if step.fix is None:
            continue
        found.case = case.at(step.report.t)
        if step.jump:
            found.first_out = None
            found.leave(step.report.r, step.fix.t)
            found.anchor = found.away = None
        found.fix(step.fix, before, step.report.r)
        before = step.fix
    # what the clock says of a stop, it says by the terms of the last report
    found.case = case.at(steps[-1].report.t) if steps else case
    return found
