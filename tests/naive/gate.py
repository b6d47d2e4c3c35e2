"""Section 3, Gate: which fixes are believed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sealtrack.policy import Policy
from tests.naive.admission import Fix, Report
from tests.naive.geometry import distance_m


@dataclass(frozen=True)
class Step:
    """A walked report and what the gate says of it."""

    report: Report
    fix: Fix | None = None
    """The accepted fix, mended where a zero was dropped."""
    last: Fix | None = None
    """L: the last fix accepted at or before this report."""
    fixes_before: int = 0
    """How many fixes were accepted before this report."""
    wild: bool = False
    gross: bool = False
    jump: bool = False


@dataclass
class Candidate:
    fix: Fix
    first_t: int
    count: int


def allowed_m(a: Fix, b: Fix, policy: Policy) -> float:
    """What reach() allows between two fixes."""
    errors = a.e + b.e - 2 * policy.fix_error_m
    return policy.max_speed_kmh / 3_600 * abs(b.t - a.t) + policy.reach_slack_m + errors


def reach(a: Fix, b: Fix, policy: Policy) -> bool:
    return distance_m(a.point, b.point) <= allowed_m(a, b, policy)


def walk(reports: list[Report], policy: Policy) -> list[Step]:
    steps: list[Step] = []
    good: Fix | None = None
    cand: Candidate | None = None
    fixes = 0
    for report in reports:
        step = Step(report, fixes_before=fixes)
        if report.fix is not None:
            step, cand = _judge(step, report.fix, good, cand, policy)
        good = step.fix or good
        fixes += step.fix is not None
        steps.append(replace(step, last=good))
    return steps


def _judge(
    step: Step, fix: Fix, good: Fix | None, cand: Candidate | None, policy: Policy
) -> tuple[Step, Candidate | None]:
    if good is None or reach(good, fix, policy):
        return replace(step, fix=fix), None
    if mended := _dropped_zero(fix, good, policy):
        return replace(step, fix=mended, wild=True, gross=True), cand
    gross = distance_m(good.point, fix.point) - allowed_m(good, fix, policy) >= policy.wild_gross_m
    step = replace(step, wild=True, gross=gross)
    if cand is not None and reach(cand.fix, fix, policy):
        cand = Candidate(fix, cand.first_t, cand.count + 1)
    else:
        cand = Candidate(fix, fix.t, 1)
    if cand.count >= policy.jump_fixes and fix.t - cand.first_t >= policy.jump_s * 1_000:
        return replace(step, fix=fix, jump=True), None
    return step, cand


def _dropped_zero(fix: Fix, good: Fix, policy: Policy) -> Fix | None:
    lat, lon = _shift(fix.lat), _shift(fix.lon)
    for mended in (replace(fix, lat=lat), replace(fix, lon=lon), replace(fix, lat=lat, lon=lon)):
        away = distance_m(good.point, mended.point)
        allowed = allowed_m(good, mended, policy)
        if away <= allowed and away <= 2_000 + allowed / 2:
            return mended
    return None


def _shift(x: float) -> float:
    return math.trunc(x) + (x - math.trunc(x)) / 10
