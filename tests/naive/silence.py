"""Section 7, signal_loss."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix, Report
from tests.naive.fences import declared, in_force, in_zone_permitting, inside
from tests.naive.gate import RING, Step, upper_quartile
from tests.naive.geometry import distance_m, is_inside, outside_m
from tests.naive.machine import Alert
from tests.naive.terms import Case
from tests.naive.way import Way, way

FEW = 3
SLOWEST_MS = 600_000
"""The interval while fewer than FEW differences are known."""
DEAD_POINTS = 8


class Hole(NamedTuple):
    """The largest time of a silence for which there is no report."""

    start: int
    end: int
    before: Fix | None
    """A: the last fix accepted as reported at or before it."""
    after: Fix | None
    """B: the first one at or after it."""

    @property
    def length_ms(self) -> int:
        return self.end - self.start


def silences(reports: list[Report], steps: list[Step], case: Case) -> list[Alert]:
    """`reports`: all of the shipment's, those beyond the horizon among them."""
    times = sorted({r for report in reports for r in report.heard})
    clock = min(case.clock, case.end)
    gaps: list[tuple[int, int | None]] = [(a, min(b, case.end)) for a, b in pairwise(times) if a < case.end]
    if times and times[-1] < case.end:
        gaps.append((times[-1], case.end if case.clock >= case.end else None))
    found = []
    for start, end in gaps:
        terms = case.at(start)
        limit_ms = silence_limit_ms(start, steps, terms)
        if (clock if end is None else end) - start > limit_ms and not _arrived(start, end, steps, case):
            alert = Alert(Kind.signal_loss, Severity.warning, start, start + limit_ms, None, None, end)
            hole = _open_hole(start, clock, steps) if end is None else _hole(start, end, steps)
            alert.evidence["backfilled"] = end is not None and hole.length_ms <= limit_ms
            if alert.evidence["backfilled"]:
                alert.severity = Severity.info
            else:
                alert.severity = _grade(hole, terms)
                if _is_in_dead_zone(hole, interval_ms(start, steps), terms):
                    alert.severity = one_step_lower(alert.severity)
                    alert.evidence["dead_zone"] = True
            last, _ = _fixes_around(start, end, steps)
            if last is not None:
                # reading: the place of a silence is the last accepted fix with t <= start
                alert.lat, alert.lon = last.lat, last.lon
            found.append(alert)
    return found


def one_step_lower(severity: Severity) -> Severity:
    return Severity.warning if severity == Severity.critical else Severity.info


def interval_ms(start: int, steps: list[Step]) -> int:
    walked = [step.report.t for step in steps if step.report.t <= start]
    differences = [b - a for a, b in pairwise(walked) if b > a][-RING:]
    return upper_quartile(differences) if len(differences) >= FEW else SLOWEST_MS


def silence_limit_ms(start: int, steps: list[Step], case: Case) -> int:
    intervals_ms = case.policy.silence_intervals * interval_ms(start, steps)
    return round(max(intervals_ms, case.policy.silence_s * 1_000))


def _open_hole(start: int, clock: int, steps: list[Step]) -> Hole:
    return Hole(start, clock, _fixes_around(start, None, steps)[0], None)


def _hole(start: int, end: int, steps: list[Step]) -> Hole:
    walked = [step.report.t for step in steps]
    # reading: without a t <= start, or without one >= end, the hole is measured from start, or to end
    first = max((t for t in walked if t <= start), default=start)
    last = min((t for t in walked if t >= end), default=end)
    times = [first, *(t for t in walked if start < t < end), last]
    from_t, to_t = max(pairwise(times), key=lambda pair: pair[1] - pair[0])
    return Hole(from_t, to_t, *_fixes_around(from_t, to_t, steps))


def _fixes_around(start: int, end: int | None, steps: list[Step]) -> tuple[Fix | None, Fix | None]:
    # reading: only fixes accepted as they were reported: a mended one is no proof of where the truck stood
    fixes = [step.fix for step in steps if step.fix and step.reported]
    last = [fix for fix in fixes if fix.t <= start]
    following = [fix for fix in fixes if end is not None and fix.t >= end]
    return (last[-1] if last else None), (following[0] if following else None)


def _grade(hole: Hole, case: Case) -> Severity:
    """By the time that the truck had to spare, beyond what its way took."""
    spare_ms = float(hole.length_ms)
    gone = _way(hole, case)
    if gone is not None:
        spare_ms -= gone.length_m / case.policy.road_kmh * 3_600
    if spare_ms >= case.policy.silence_critical_s * 1_000:
        return Severity.critical
    return Severity.info if gone and spare_ms < case.policy.short_stop_s * 1_000 else Severity.warning


def _way(hole: Hole, case: Case) -> Way | None:
    if hole.before is None or hole.after is None:
        return None
    return way(hole.before, hole.after, case, hole.before.t, case.policy.fix_error_m)


def _is_in_dead_zone(hole: Hole, regular_ms: int, case: Case) -> bool:
    if hole.before is None:
        return False
    zones = [z.polygon for z in case.fences.zones.values() if z.role == "dead_zone" and in_force(z, hole.before.t)]
    gone = _way(hole, case)
    if gone is None:
        reach_m = regular_ms * case.policy.road_kmh / 3_600
        return any(outside_m(hole.before.point, zone) <= reach_m for zone in zones)
    return sum(any(is_inside(point, zone) for zone in zones) for point in gone.points) >= DEAD_POINTS


def _arrived(start: int, end: int | None, steps: list[Step], case: Case) -> bool:
    last, following = _fixes_around(start, end, steps)
    # reading: with no fix before the silence nothing shows that the truck had arrived
    return last is not None and all(at_destination(fix, case) for fix in (last, following) if fix)


def at_destination(fix: Fix, case: Case) -> bool:
    if case.shipment.destination_zone:
        return inside(case.fences, case.shipment.destination_zone, fix.point, fix.t)
    if in_zone_permitting(case.fences, "open", fix.point, fix.t):
        return True
    corridors = declared(case.fences, case.shipment).values()
    return any(distance_m(fix.point, c.line[-1]) <= c.half_width_m for c in corridors)
