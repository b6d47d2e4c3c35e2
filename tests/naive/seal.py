"""What was done to the seal: seal_tamper, seal_open, and reports beyond the horizon (sections 4, 6 and 8)."""

from __future__ import annotations

from sealtrack.schema import Kind, Severity, Shipment
from tests.naive.admission import Fix, Report
from tests.naive.fences import may_open_at
from tests.naive.gate import Step
from tests.naive.machine import Alert, Machine
from tests.naive.rules import Case, see

OPENING_EVENTS = frozenset({"unlock", "remote_unlock"})
TAMPER_EVENTS = frozenset(
    {"rope_cut", "back_cover_open", "illegal_card", "wrong_password", "motor_fault", "tampering", "removing"}
)
CRITICAL_TAMPER = frozenset({"rope_cut", "back_cover_open", "tampering", "removing"})


def tampering(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.seal_tamper)
    last = 0
    for step in steps:
        report = step.report
        # reading: a level-2 report after the quiet time begins a new episode; the quiet time is noticed at a report,
        # not by the clock
        if machine.phase == "open" and report.t - last >= case.policy.quiet_s * 1_000:
            machine.close(last)
        if is_tampered(report):
            machine.step(2, report.t, report.r, see(step, tamper_severity(report), report.events & TAMPER_EVENTS))
            last = report.t
    return machine


def openings(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.seal_open)
    waiting: list[Step] = []
    for step in steps:
        if step.fix is not None:
            # reading: zones are taken as in force at the t of the report that brings the fix
            if waiting and not _permitted_place(step.fix, step.report.t, case):
                for opening in waiting:
                    _raise(machine, opening, step.report.t, step.report.r, case)
            waiting = []
        level = _opening_level(step, case)
        if level is None:
            waiting.append(step)
        elif level == 2:
            seen = see(step, _opening_severity(step, case), step.report.events & OPENING_EVENTS)
            machine.step(2, step.report.t, step.report.r, seen)
        else:
            machine.step(level, step.report.t, step.report.r)
    wait_ms = round(case.policy.fixless_wait_s * 1_000)
    for opening in waiting:
        # reading: the wait is counted from the opening's t, as a stop's limits are from its start
        if case.clock >= opening.report.t + wait_ms:
            _raise(machine, opening, opening.report.t, opening.report.t + wait_ms, case)
    return machine


def _raise(machine: Machine, opening: Step, t: int, r: int, case: Case) -> None:
    seen = see(opening, Severity.critical, opening.report.events & OPENING_EVENTS)
    machine.step(2, t, r, seen, since=opening.report.t)


def _opening_level(step: Step, case: Case) -> int | None:
    """The level of one report; None = an opening that waits for the next accepted fix."""
    report = step.report
    if not is_opened(report):
        return 0 if report.lock == "locked" or "lock" in report.events else -1
    # reading: a card that is never permitted needs no place: such an opening does not wait
    if wrong_card(report, case.shipment):
        return 2
    if step.last is None:
        return None
    if not _permitted_place(step.last, report.t, case):
        return 2
    return 0 if step.fix else None


def _opening_severity(step: Step, case: Case) -> Severity:
    # reading: without a fix "inside a permitted zone" is asked of L; without L it is not known, hence critical
    if step.last is not None and _permitted_place(step.last, step.report.t, case):
        return Severity.warning
    return Severity.critical


def _permitted_place(fix: Fix, t: int, case: Case) -> bool:
    return may_open_at(case.fences, case.shipment, fix.point, t, fix.e)


def beyond_horizon(reports: list[Report], case: Case) -> list[Alert]:
    """Section 8: reports that are too late to be walked."""
    alerts = []
    for report in reports:
        inside = report.fix is not None and _permitted_place(report.fix, report.t, case)
        if is_opened(report) and not (inside and not wrong_card(report, case.shipment)):
            severity = Severity.warning if inside else Severity.critical
            alerts.append(_late(Kind.seal_open, severity, report, report.events & OPENING_EVENTS))
        if is_tampered(report):
            alerts.append(_late(Kind.seal_tamper, tamper_severity(report), report, report.events & TAMPER_EVENTS))
    return alerts


def _late(kind: Kind, severity: Severity, report: Report, events: frozenset[str]) -> Alert:
    lat, lon = (report.fix.lat, report.fix.lon) if report.fix else (None, None)
    alert = Alert(kind, severity, report.t, report.r, lat, lon, report.t, {"late": True})
    if events:
        alert.evidence["events"] = sorted(events)
    return alert


def is_opened(report: Report) -> bool:
    return report.lock == "unlocked" or bool(report.events & OPENING_EVENTS)


def is_tampered(report: Report) -> bool:
    return report.lock == "cut" or bool(report.events & TAMPER_EVENTS)


def tamper_severity(report: Report) -> Severity:
    return Severity.critical if report.lock == "cut" or report.events & CRITICAL_TAMPER else Severity.warning


def wrong_card(report: Report, shipment: Shipment) -> bool:
    return report.card is not None and bool(shipment.open_cards) and report.card not in shipment.open_cards
