"""Section 3, Gate: which fixes are believed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sealtrack.policy import Policy
from tests.naive.admission import Fix, Report
from tests.naive.geometry import distance_m
from tests.naive.terms import Case

RING = 8
FEW_MENDED = 3
FIRM_FIXES, FIRM_M = 20, 20_000


@dataclass(frozen=True)
class Step:
    """A walked report and what the gate says of it."""

    report: Report
    fix: Fix | None = None
    """The accepted fix, mended where a zero was dropped."""
    reported: bool = False
    """The fix was accepted as it was reported."""
    before: Fix | None = None
    """The fix accepted before this report."""
    last: Fix | None = None
    """L: the last fix accepted at or before this report."""
    fixes_before: int = 0
    """How many fixes were accepted before this report."""
    interval_ms: int = 0
    """Upper quartile of the interval ring at this report."""
    wild: bool = False
    gross: bool = False
    mended: bool = False
    jump: bool = False


@dataclass(frozen=True)
class Candidate:
    fix: Fix
    first: Fix
    count: int
    from_raw: bool
    """Its first fix was in reach of raw."""


@dataclass
class Gate:
    policy: Policy
    good: Fix | None = None
    raw: Fix | None = None
    mended: int = 0
    cand: Candidate | None = None
    accepted: int = 0

    def judge(self, step: Step, fix: Fix) -> Step:
        """The step as the gate sees its fix."""
        if self.good is None or self.raw is None or reach(self.good, fix, self.policy):
            return self._accept(step, fix)
        if 1 <= self.mended <= FEW_MENDED and reach(self.raw, fix, self.policy):
            return self._accept(step, fix)
        self.cand = cand = self._join(fix, self.raw)
        believed = cand.count >= self.policy.jump_fixes and fix.t - cand.first.t >= self.policy.jump_s * 1_000
        mended = _dropped_zero(fix, self.good, self.policy) if self.accepted >= 2 else None
        firmly = cand.count >= FIRM_FIXES and distance_m(cand.first.point, fix.point) >= FIRM_M
        if mended is not None and not (believed and (cand.from_raw or firmly)):
            self.good = mended
            self.mended += 1
            self.accepted += 1
            return replace(step, fix=mended, wild=True, gross=True, mended=True)
        if believed:
            return replace(self._accept(step, fix), jump=True, wild=True)
        excess_m = distance_m(self.good.point, fix.point) - allowed_m(self.good, fix, self.policy)
        return replace(step, wild=True, gross=excess_m >= self.policy.wild_gross_m)

    def _accept(self, step: Step, fix: Fix) -> Step:
        self.good = self.raw = fix
        self.cand, self.mended = None, 0
        self.accepted += 1
        return replace(step, fix=fix, reported=True)

    def _join(self, fix: Fix, raw: Fix) -> Candidate:
        if self.cand is not None and reach(self.cand.fix, fix, self.policy):
            return replace(self.cand, fix=fix, count=self.cand.count + 1)
        return Candidate(fix, fix, 1, reach(raw, fix, self.policy))


def allowed_m(a: Fix, b: Fix, policy: Policy) -> float:
    """What reach() allows between two fixes."""
    errors = a.e + b.e - 2 * policy.fix_error_m
    return policy.max_speed_kmh / 3_600 * abs(b.t - a.t) + policy.reach_slack_m + errors


def reach(a: Fix, b: Fix, policy: Policy) -> bool:
    return distance_m(a.point, b.point) <= allowed_m(a, b, policy)


def walk(reports: list[Report], case: Case) -> list[Step]:
    steps: list[Step] = []
    gate = Gate(case.policy)
    ring: list[int] = []
    fixes = 0
    for report in reports:
        if steps and report.t > steps[-1].report.t:
            ring = [*ring, report.t - steps[-1].report.t][-RING:]
        gate.policy = case.at(report.t).policy
        step = Step(report, before=gate.good, fixes_before=fixes, interval_ms=upper_quartile(ring))
        if report.fix is not None:
            step = gate.judge(step, report.fix)
        fixes += step.fix is not None
        steps.append(replace(step, last=gate.good))
    return steps


def upper_quartile(values: list[int]) -> int:
    return sorted(values)[3 * len(values) // 4] if values else 0


def _dropped_zero(fix: Fix, good: Fix, policy: Policy) -> Fix | None:
    lat, lon = _shift(fix.lat), _shift(fix.lon)
    allowed = allowed_m(good, fix, policy)
    for mended in (replace(fix, lat=lat), replace(fix, lon=lon), replace(fix, lat=lat, lon=lon)):
        if distance_m(good.point, mended.point) <= min(allowed, 2_000 + allowed / 2):
            return mended
    return None


def _shift(x: float) -> float:
    return math.trunc(x) + (x - math.trunc(x)) / 10
