"""What was done to the seal: seal_tamper, seal_open, and reports beyond the horizon (sections 4, 6 and 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sealtrack.schema import Kind, Severity, Shipment
from tests.naive.admission import Fix, Report
from tests.naive.fences import may_open_at
from tests.naive.gate import Step
from tests.naive.machine import Alert, Machine
from tests.naive.rules import is_quiet, see
from tests.naive.terms import Case

OPENING_EVENTS = frozenset({"unlock", "remote_unlock"})
TAMPER_EVENTS = frozenset(
    {"rope_cut", "back_cover_open", "illegal_card", "wrong_password", "motor_fault", "tampering", "removing"}
)
CRITICAL_TAMPER = frozenset({"rope_cut", "back_cover_open", "tampering", "removing"})


def tampering(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.seal_tamper, case)
    last = 0
    for step in steps:
        report = step.report
        if machine.phase == "open" and is_quiet(step, last, case.at(report.t).policy):
            machine.close(last, report.t)
        if is_tampered(report):
            machine.step(2, report.t, report.r, see(step, tamper_severity(report), tamper_events(report)))
            last = report.t
    machine.last_event = last
    return machine


@dataclass
class Openings:
    case: Case
    machine: Machine
    waiting: Step | None = None
    """The opening that waits for the next accepted fix."""
    rightly: bool = False
    """Whether the seal was opened where it may be, and not locked since."""
    waiting_locked: bool = False
    """Whether the seal had said before it that it was locked."""
    card: str | None = None
    """Of the report that began the open episode."""
    locked: bool = False
    """Whether a report so far said that the seal was locked."""
    opened: int = 0
    """How many episodes the walk opened."""

    def report(self, step: Step) -> None:
        report = step.report
        if step.fix is not None and self.waiting is not None:
            if not is_permitted(step.fix, self.case.at(report.t)):
                self._enter(self.waiting, Severity.critical, report.t, report.r, locked=self.waiting_locked)
            self.waiting = None
        level = self._level(step)
        if level == 2:
            self._enter(step, self._severity(step), report.t, report.r, locked=self.locked)
        elif level is not None:
            if level == 0:
                self.rightly = is_opened(report)
            was_open = self.machine.phase == "open"
            self.machine.step(level, report.t, report.r)
            if was_open and self.machine.phase == "idle":
                self.machine.alerts[-1].evidence["relocked"] = is_locked(report)
        # reading: an opening that comes while another waits, or while an episode is open, is one with it
        elif self.waiting is None and self.machine.phase == "idle":
            self.waiting, self.waiting_locked = step, self.locked
        self.locked = self.locked or is_locked(report)

    def clock(self) -> None:
        """The opening that still waits is raised when it has waited long enough, or at the shipment's end."""
        if self.waiting is None or self.machine.phase != "idle":
            return
        wait_ms = round(self.case.at(self.waiting.report.t).policy.fixless_wait_s * 1_000)
        moment = min(self.waiting.report.r + wait_ms, self.case.end)
        last = self.waiting.last
        if moment == self.case.end and last is not None and moment - last.t <= wait_ms:
            return
        if self.case.clock >= moment:
            severity, t = Severity.critical, self.waiting.report.t
            self._enter(self.waiting, severity, t, moment, locked=self.waiting_locked)
            self.machine.alerts[-1].written = math.inf

    def _enter(self, step: Step, severity: Severity, t: int, r: int, *, locked: bool) -> None:
        if self.machine.phase == "idle":
            self.card = step.report.card
            self.opened += 1
        seen = see(step, severity, step.report.events & OPENING_EVENTS)
        # reading: an episode that the clock opened counts those of the walk before it, and itself
        lasting = {"never_locked": not locked, "opening_no": self.opened}
        self.machine.step(2, t, r, replace(seen, fix=step.fix, lasting=lasting), since=step.report.t)

    def _level(self, step: Step) -> int | None:
        """The level of one report; None = an opening that waits for the next accepted fix."""
        report = step.report
        if not is_opened(report):
            return 0 if is_locked(report) else -1
        # reading: a card that is never permitted needs no place: such an opening does not wait
        if self._wrong_card(report):
            return 2
        if step.last is None:
            return None
        # reading: whether a zone is in force is asked of the fix's own t; whose zones count, of the report's t
        if not is_permitted(step.last, self.case.at(report.t)):
            return None if self._in_doubt(step) else 2
        return 0 if step.fix else None

    def _in_doubt(self, step: Step) -> bool:
        """Whether the fix outside may be a wild one."""
        # reading: what comes without a fix while another opening waits is one with it, wherever that one was
        if step.fix is None:
            return self.waiting is not None
        opened_here = bool(step.report.events & OPENING_EVENTS)
        return self.rightly and not opened_here and self.machine.phase == "idle"

    def _wrong_card(self, report: Report) -> bool:
        held = self.card if report.card is None and self.machine.phase == "open" else report.card
        return is_wrong_card(held, self.case.at(report.t).shipment)

    def _severity(self, step: Step) -> Severity:
        # reading: without a fix "inside a permitted zone" is asked of L; without L it is not known, hence critical
        inside = step.last is not None and is_permitted(step.last, self.case.at(step.report.t))
        return Severity.warning if inside else Severity.critical


def openings(steps: list[Step], case: Case) -> Machine:
    found = Openings(case, Machine(Kind.seal_open, case))
    for step in steps:
        found.report(step)
    found.clock()
    return found.machine


def is_permitted(fix: Fix, case: Case) -> bool:
    """Whether the seal may be open there."""
    return may_open_at(case.fences, case.shipment, fix.point, fix.t, fix.e)


def beyond_horizon(reports: list[Report], case: Case) -> list[Alert]:
    """Section 8: reports that are too late to be walked."""
    alerts = []
    # reading: of two such reports with one t the one that was received first counts
    for report in sorted(reports, key=lambda report: report.arrival, reverse=True):
        terms = case.at(report.t)
        inside = report.fix is not None and is_permitted(report.fix, terms)
        if is_opened(report) and not (inside and not is_wrong_card(report.card, terms.shipment)):
            severity = Severity.warning if inside else Severity.critical
            alerts.append(_late(Kind.seal_open, severity, report, report.events & OPENING_EVENTS))
        if is_tampered(report):
            alerts.append(_late(Kind.seal_tamper, tamper_severity(report), report, tamper_events(report)))
    return alerts


def _late(kind: Kind, severity: Severity, report: Report, events: frozenset[str]) -> Alert:
    lat, lon = (report.fix.lat, report.fix.lon) if report.fix else (None, None)
    alert = Alert(kind, severity, report.t, report.r, lat, lon, report.t, {"late": True})
    if events:
        alert.evidence["events"] = sorted(events)
    return alert


def is_opened(report: Report) -> bool:
    return report.lock == "unlocked" or bool(report.events & OPENING_EVENTS)


def is_locked(report: Report) -> bool:
    return not is_opened(report) and (report.lock == "locked" or "lock" in report.events)


def is_tampered(report: Report) -> bool:
    return report.lock == "cut" or bool(report.events & TAMPER_EVENTS)


def tamper_severity(report: Report) -> Severity:
    return Severity.critical if report.lock == "cut" or report.events & CRITICAL_TAMPER else Severity.warning


def is_wrong_card(card: str | None, shipment: Shipment) -> bool:
    return card is not None and bool(shipment.open_cards) and card not in shipment.open_cards


def tamper_events(report: Report) -> frozenset[str]:
    return report.events & TAMPER_EVENTS | ({"rope_cut"} if report.lock == "cut" else frozenset())
