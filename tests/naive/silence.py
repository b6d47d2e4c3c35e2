"""Section 7, signal_loss."""

from __future__ import annotations

from itertools import pairwise

from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix, Report
from tests.naive.fences import declared, in_zone_permitting, inside
from tests.naive.gate import RING, Step, upper_quartile
from tests.naive.geometry import distance_m
from tests.naive.machine import Alert
from tests.naive.rules import Case

FEW = 3
SLOWEST_MS = 600_000
"""The interval while fewer than FEW differences are known."""


def silences(reports: list[Report], steps: list[Step], case: Case) -> list[Alert]:
    """`reports`: all of the shipment's, those beyond the horizon among them."""
    times = sorted({r for report in reports for r in report.heard})
    clock = min(case.clock, case.end)
    gaps: list[tuple[int, int | None]] = [(a, min(b, case.end)) for a, b in pairwise(times) if a < case.end]
    if times and times[-1] < case.end:
        gaps.append((times[-1], case.end if case.clock >= case.end else None))
    found = []
    for start, end in gaps:
        limit_ms = silence_limit_ms(start, steps, case)
        if (clock if end is None else end) - start > limit_ms and not _arrived(start, end, steps, case):
            hole_ms = clock - start if end is None else _hole_ms(start, end, steps)
            alert = Alert(Kind.signal_loss, Severity.warning, start, start + limit_ms, None, None, end)
            alert.evidence["backfilled"] = end is not None and hole_ms <= limit_ms
            if alert.evidence["backfilled"]:
                alert.severity = Severity.info
            elif hole_ms >= case.policy.silence_critical_s * 1_000:
                alert.severity = Severity.critical
            last, _ = _fixes_around(start, end, steps)
            if last is not None:
                # reading: the place of a silence is the last accepted fix with t <= start
                alert.lat, alert.lon = last.lat, last.lon
            found.append(alert)
    return found


def silence_limit_ms(start: int, steps: list[Step], case: Case) -> int:
    walked = [step.report.t for step in steps if step.report.t <= start]
    differences = [b - a for a, b in pairwise(walked) if b > a][-RING:]
    interval_ms = upper_quartile(differences) if len(differences) >= FEW else SLOWEST_MS
    return round(max(case.policy.silence_intervals * interval_ms, case.policy.silence_s * 1_000))


def _hole_ms(start: int, end: int, steps: list[Step]) -> int:
    walked = [step.report.t for step in steps]
    # reading: without a t <= start, or without one >= end, the hole is measured from start, or to end
    first = max((t for t in walked if t <= start), default=start)
    last = min((t for t in walked if t >= end), default=end)
    return max(b - a for a, b in pairwise([first, *(t for t in walked if start < t < end), last]))


def _fixes_around(start: int, end: int | None, steps: list[Step]) -> tuple[Fix | None, Fix | None]:
    # reading: only fixes accepted as they were reported: a mended one is no proof of where the truck stood
    fixes = [step.fix for step in steps if step.fix and step.reported]
    last = [fix for fix in fixes if fix.t <= start]
    following = [fix for fix in fixes if end is not None and fix.t >= end]
    return (last[-1] if last else None), (following[0] if following else None)


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
