"""position_anomaly (section 4): gross and mended fixes, jumps, faulty clocks, frozen and smooth tracks."""

from __future__ import annotations

import math

from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix
from tests.naive.gate import Step
from tests.naive.geometry import distance_m
from tests.naive.machine import Machine, Seen
from tests.naive.rules import is_quiet
from tests.naive.terms import Case

FROZEN_FIXES = 4
SMOOTH_M = 0.5
SMOOTH_KMH = 20.0
SMOOTH_MS = 4_000
MS_PER_H = 3_600_000


def anomalies(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.position_anomaly, case, words="causes")
    frozen, smooth = frozen_at(steps, case), smooth_at(steps, case)
    last, gross_fixes = 0, 0
    for i, step in enumerate(steps):
        report = step.report
        if machine.phase == "open" and is_quiet(step, last, case.at(report.t).policy):
            machine.close(last, report.t)
        causes = _causes(step) | ({"frozen"} if i in frozen else set()) | ({"smooth"} if i in smooth else set())
        if causes:
            gross_fixes = (gross_fixes if machine.phase == "open" else 0) + (step.gross and not step.mended)
            warning = bool(causes & {"jump", "frozen"}) or gross_fixes >= 3
            severity = Severity.warning if warning else Severity.info
            lat, lon = (step.before.lat, step.before.lon) if step.before else (None, None)
            machine.step(2, report.t, report.r, Seen(severity, lat, lon, frozenset(causes)))
        if step.wild or causes:
            last = report.t
    machine.last_event = last
    return machine


def _causes(step: Step) -> set[str]:
    # reading: a mended fix is named by that alone, though it is a gross one too; a jump is no gross fix
    said = {
        "jump": step.jump,
        "mended": step.mended,
        "gross": step.gross and not step.mended,
        "clock": step.report.clock_fault,
    }
    return {cause for cause, holds in said.items() if holds}


def frozen_at(steps: list[Step], case: Case) -> set[int]:
    """Numbers of the steps that show a frozen track."""
    found: set[int] = set()
    run: list[Fix] = []
    for i, step in enumerate(steps):
        if step.report.fix is None:
            continue
        # reading: a fix that is not accepted as reported is another fix, too: what follows it begins anew
        if not step.reported or step.fix is None:
            run = []
            continue
        policy = case.at(step.report.t).policy
        speed_kmh = step.report.speed_kmh
        goes_on = bool(run) and step.fix.point == run[0].point and speed_kmh is not None
        run = [*run, step.fix] if goes_on and (speed_kmh or 0.0) >= policy.frozen_kmh else [step.fix]
        spans_s = (step.fix.t - run[0].t) / 1_000
        if len(run) >= FROZEN_FIXES and spans_s >= policy.frozen_s:
            found.add(i)
        if len(run) == FROZEN_FIXES - 1 and spans_s >= 1.5 * policy.frozen_s:
            found.add(i)
    return found


def smooth_at(steps: list[Step], case: Case) -> set[int]:
    """Numbers of the steps that show a track without noise."""
    found: set[int] = set()
    accepted: list[Fix] = []
    count = 0
    for i, step in enumerate(steps):
        if step.report.fix is None:
            continue
        # reading: a wild fix is another fix, too
        count = count + 1 if step.reported and not step.jump and _is_led_to(step.fix, accepted) else 0
        if count >= case.at(step.report.t).policy.smooth_fixes:
            found.add(i)
        accepted += [step.fix] if step.fix else []
    return found


def _is_led_to(fix: Fix | None, accepted: list[Fix]) -> bool:
    """Whether the fix lies where the two accepted before it lead."""
    if fix is None or len(accepted) < 2:
        return False
    a, b = accepted[-2:]
    if min(b.t - a.t, fix.t - b.t) < SMOOTH_MS:
        return False
    if distance_m(a.point, b.point) / 1_000 / ((b.t - a.t) / MS_PER_H) < SMOOTH_KMH:
        return False
    on = (fix.t - b.t) / (b.t - a.t)
    led = (b.lon + (b.lon - a.lon) * on, b.lat + (b.lat - a.lat) * on)
    # reading: a place that lies beyond a pole or the date line is nowhere
    return math.isfinite(led[0]) and abs(led[1]) <= 90 and distance_m(led, fix.point) <= SMOOTH_M
