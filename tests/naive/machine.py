"""Section 4: an alert in the making, and the one interval machine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sealtrack.policy import Policy
from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix
from tests.naive.terms import Case

RANK = {Severity.info: 0, Severity.warning: 1, Severity.critical: 2}
DOUBLING_FLOOR_MS = 60_000


def worse(a: Severity, b: Severity) -> Severity:
    return a if RANK[a] >= RANK[b] else b


@dataclass
class Alert:
    """What the last version of an alert says."""

    kind: Kind
    severity: Severity
    start: int
    detected_at: int
    lat: float | None
    lon: float | None
    end: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    lasting: dict[str, Any] = field(default_factory=dict)
    """Evidence that every version repeats."""
    met: list[Fix] = field(default_factory=list)
    """Accepted fixes of its level-2 reports, where the rule tells how far they lie from its place."""
    fixless_after: int | None = None
    """Set where the place is L: how many fixes were accepted before the first report."""
    written: float = -math.inf
    """t of the report that wrote the last version; infinite for the clock."""


@dataclass(frozen=True)
class Seen:
    """What one level-2 report shows."""

    severity: Severity
    lat: float | None
    lon: float | None
    events: frozenset[str] = frozenset()
    offset_m: float = -math.inf
    fixless_after: int | None = None
    said: bool = False
    """The device says it itself: it needs no hold."""
    lasting: dict[str, Any] = field(default_factory=dict)
    """What the first one adds to the evidence of every version."""
    fix: Fix | None = None
    """The report's accepted fix, where the rule tells how far it went."""
    speed: Speed | None = None


class Speed(NamedTuple):
    """How fast, where the rule asks."""

    kmh: float
    limit_kmh: float
    measured: bool
    """From fixes, not reported."""


class Hold(NamedTuple):
    fixes: float = 1
    s: float = math.inf
    exit: float = 1


@dataclass
class Machine:
    kind: Kind
    case: Case
    hold_by: Callable[[Policy], Hold] = lambda _: Hold()
    words: str = "events"
    """What the evidence calls the words that the reports add."""
    alerts: list[Alert] = field(default_factory=list)
    """Closed ones, and last the open one if any."""
    phase: str = "idle"
    since: int = 0
    count: int = 0
    miss: int = 0
    end: int = 0
    seen: list[Seen] = field(default_factory=list)
    """Of the present episode, one a level-2 report."""
    version_length_ms: int = 0
    last_event: int | None = None
    """For a rule that ends with quiet: where it is closed when the shipment ends."""

    def step(self, level: int, t: int, r: int, seen: Seen | None = None, since: int | None = None) -> None:
        """One report. `since` back-dates the beginning of an episode that this report begins."""
        hold = self.hold_by(self.case.at(t).policy)
        if level == 2:
            assert seen is not None
            self._enter(t, r, seen, t if since is None else since, hold)
        elif self.phase == "pending" and level == 0:
            self.phase = "idle"
        elif self.phase == "pending" and level == 1:
            self.miss += 1
            if self.miss >= hold.exit:
                self.phase = "idle"
        elif self.phase == "open" and level == 1:
            self.miss = 0
        elif self.phase == "open" and level == 0:
            self.miss += 1
            self.end = t if self.miss == 1 else self.end
            if self.miss >= hold.exit:
                self.close(self.end, t)

    def close(self, end: int, t: float) -> None:
        self._version()
        self.alerts[-1].written = t
        self.alerts[-1].end = end
        self.phase = "idle"

    def _enter(self, t: int, r: int, seen: Seen, since: int, hold: Hold) -> None:
        if self.phase == "idle":
            self.phase, self.since, self.count, self.seen = "pending", since, 0, []
        self.count, self.miss = self.count + 1, 0
        self.seen.append(seen)
        if self.phase == "pending":
            long = self.count >= 2 and t - self.since >= hold.s * 1_000
            if seen.said or self.count >= hold.fixes or long:
                first = self.seen[0]
                alert = Alert(self.kind, first.severity, self.since, r, first.lat, first.lon)
                alert.fixless_after, alert.lasting = first.fixless_after, first.lasting
                self.phase = "open"
                self.alerts.append(alert)
                self._version(t)
        elif self._news() or t - self.since >= 2 * self.version_length_ms:
            self._version(t)

    def _news(self) -> bool:
        alert, latest = self.alerts[-1], self.seen[-1]
        rises = worse(alert.severity, latest.severity) != alert.severity
        return rises or not latest.events <= set(alert.evidence.get(self.words, ()))

    def _version(self, t: int | None = None) -> None:
        """Write down what has been seen so far."""
        alert = self.alerts[-1]
        for seen in self.seen:
            alert.severity = worse(alert.severity, seen.severity)
        # reading: evidence is gathered from level-2 reports only
        events = sorted(set().union(*(seen.events for seen in self.seen)))
        offset_m = max(seen.offset_m for seen in self.seen)
        alert.evidence = alert.lasting | ({self.words: events} if events else {})
        if math.isfinite(offset_m):
            alert.evidence["max_offset_m"] = offset_m
        speeds = [seen.speed for seen in self.seen if seen.speed]
        if speeds:
            alert.evidence["max_speed_kmh"] = max(speed.kmh for speed in speeds)
            alert.evidence["limit_kmh"] = speeds[-1].limit_kmh
            alert.evidence["measured"] = any(speed.measured for speed in speeds)
        alert.met = [seen.fix for seen in self.seen if seen.fix]
        if t is not None:
            alert.written = t
            # reading: the floor of 60 s holds at every version, else one at t = since would double for ever
            self.version_length_ms = max(t - self.since, DOUBLING_FLOOR_MS)
