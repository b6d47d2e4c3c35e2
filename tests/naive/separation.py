"""Section 10, separation."""

from __future__ import annotations

from sealtrack.policy import Policy
from sealtrack.schema import Kind, Severity
from tests.naive import machine as m
from tests.naive.admission import Fix
from tests.naive.gate import Step
from tests.naive.geometry import distance_m
from tests.naive.sightings import Seen
from tests.naive.terms import Case

NEAR_MS = 600_000
MANY = 3
WRONG = frozenset({"plate", "seal"})


class Separations:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.machine = m.Machine(Kind.separation, case, lambda _: m.Hold(2, exit=2), words="signs")
        self.waiting: Seen | None = None

    def sighting(self, seen: Seen) -> None:
        policy = self.case.at(seen.t).policy
        if seen.signs & WRONG:
            self._enter(seen, seen.t, seen.r)
        elif seen.place is None:
            # reading: a sighting without a place that names the right truck says nothing
            return
        elif seen.good is not None and apart_m(seen.good, seen.place, policy) > policy.separation_m:
            self._enter(seen, seen.t, seen.r)
        elif seen.good and seen.t - seen.good.t <= NEAR_MS and apart_m(seen.good, seen.place, policy) <= 0:
            self.machine.step(0, seen.t, seen.r)
        else:
            # reading: one sighting waits; a later one that has to wait takes its place
            self.waiting = seen

    def fix(self, step: Step) -> None:
        if step.fix is None or self.waiting is None:
            return
        seen, policy = self.waiting, self.case.at(step.report.t).policy
        self.waiting = None
        if seen.place is not None and apart_m(step.fix, seen.place, policy) > policy.separation_m:
            self._enter(seen, step.report.t, step.report.r)

    def _enter(self, seen: Seen, t: int, r: int) -> None:
        where = seen.place or seen.good
        lat, lon = (where.lat, where.lon) if where else (None, None)
        many = (self.machine.count if self.machine.phase != "idle" else 0) + 1 >= MANY
        severity = Severity.critical if seen.signs & WRONG or many else Severity.warning
        self.machine.step(2, t, r, m.Seen(severity, lat, lon, seen.signs, said=bool(seen.signs)), since=seen.t)


def separations(walked: list[Step | Seen], case: Case) -> m.Machine:
    found = Separations(case)
    for one in walked:
        if isinstance(one, Step):
            found.fix(one)
        else:
            found.sighting(one)
    return found.machine


def apart_m(fix: Fix, sighting: Fix, policy: Policy) -> float:
    """How much further apart they are than a truck could have got."""
    fix_error_m = fix.e - policy.fix_error_m
    reach_m = policy.max_speed_kmh / 3_600 * abs(sighting.t - fix.t)
    return distance_m(fix.point, sighting.point) - reach_m - fix_error_m - sighting.e
