"""How much stands against a shipment: a sum of points, each said in words an analyst reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sealtrack.schema import Alert, Kind, Severity

POINTS = {Severity.info: 0, Severity.warning: 20, Severity.critical: 50}
ACT_POINTS = {
    Kind.route_deviation: 20,
    Kind.unauthorised_stop: 10,
    Kind.seal_open: 30,
    Kind.seal_tamper: 30,
    Kind.signal_loss: 0,
    Kind.position_anomaly: 10,
    Kind.forbidden_zone: 20,
    Kind.route_reversal: 10,
    Kind.speeding: 0,
    Kind.jamming: 10,
    Kind.low_battery: 0,
    Kind.overdue: 0,
    Kind.silent_shipment: 0,
    Kind.skipped_checkpoint: 20,
    Kind.separation: 30,
    Kind.rendezvous: 20,
}
"""More for what somebody did than for what happens to a truck; an alert of weight info adds nothing at all."""
REPEATED_POINTS = 10
"""The seal opened more than once in one incident."""
PROBING_POINTS = 20
"""Tampered with or opened, then stops to see who comes, then off the route: in one incident and in this order."""
MOST_POINTS = 100


class Reason(NamedTuple):
    """Why a score is what it is; the points of all reasons add up to it."""

    points: int
    text: str
    kind: Kind | None = None
    alert_id: str | None = None

    def record(self) -> dict[str, Any]:
        """As it is published; what does not apply is left out."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def points(alert: Alert) -> int:
    """What one alert adds to a score."""
    base = POINTS[Severity(alert.severity)]
    return base + ACT_POINTS[Kind(alert.kind)] if base else 0


def score(incident: Sequence[Alert]) -> int:
    """0 to `MOST_POINTS`: the sum of the points of its reasons."""
    return sum(reason.points for reason in reasons(incident))


def reasons(incident: Sequence[Alert]) -> list[Reason]:
    """Every kind once, at its worst, by time; then what several alerts show together; then what the limit takes off."""
    by_kind: dict[str, list[Alert]] = {}
    for alert in sorted(incident, key=lambda alert: (alert.start, alert.kind, alert.alert_id)):
        by_kind.setdefault(alert.kind, []).append(alert)
    found = [_of_kind(alerts) for alerts in by_kind.values()]
    opened = len(by_kind.get(Kind.seal_open, ()))
    if opened > 1:
        found.append(Reason(REPEATED_POINTS, f"seal opened {opened} times: +{REPEATED_POINTS}", Kind.seal_open))
    if _is_probing(by_kind):
        text = f"probing: tampered with, then stops, then off the route: +{PROBING_POINTS}"
        found.append(Reason(PROBING_POINTS, text))
    over = sum(reason.points for reason in found) - MOST_POINTS
    if over > 0:
        found.append(Reason(-over, f"a score ends at {MOST_POINTS}: -{over}"))
    return found


def _of_kind(alerts: Sequence[Alert]) -> Reason:
    worst = max(alerts, key=points)  # the first of those
    act = ACT_POINTS[Kind(worst.kind)]
    base = POINTS[Severity(worst.severity)]
    told = f"{_what(worst)}, {datetime.fromtimestamp(worst.start / 1e3, UTC):%Y-%m-%d %H:%M} UTC"
    told += f" (the worst of {len(alerts)})" if len(alerts) > 1 else ""
    told += f": {worst.severity} +{base}" + (f", an act +{act}" if base and act else "")
    return Reason(points(worst), told, Kind(worst.kind), worst.alert_id)


def _is_probing(by_kind: dict[str, list[Alert]]) -> bool:
    tries = [a.start for kind in (Kind.seal_tamper, Kind.seal_open) for a in by_kind.get(kind, ())]
    stops = [alert.start for alert in by_kind.get(Kind.unauthorised_stop, ()) if tries and alert.start >= min(tries)]
    return any(stops and alert.start >= min(stops) for alert in by_kind.get(Kind.route_deviation, ()))


def _what(alert: Alert) -> str:
    text = WHAT[Kind(alert.kind)](alert)
    return text + ", told after the horizon" if alert.evidence.get("late") else text


def _said(text: str, **instead: str) -> Callable[[Alert], str]:
    """`text`, or what stands there for the first name that the evidence says yes to."""
    return lambda alert: next((words for name, words in instead.items() if alert.evidence.get(name)), text)


def _opened(alert: Alert) -> str:
    if alert.severity == Severity.critical:
        return "seal opened outside the permitted zones"
    return "seal opened at a permitted place, by a card that may not"


WHAT: dict[Kind, Callable[[Alert], str]] = {
    Kind.route_deviation: _said("left the approved route", shortcut="cut off a part of the approved route"),
    Kind.unauthorised_stop: _said(
        "stood where no stop is permitted",
        probing="short stops after the seal was touched",
        accumulated="short stops that add up, where none is permitted",
    ),
    Kind.seal_open: _opened,
    Kind.seal_tamper: _said("seal tampered with"),
    Kind.signal_loss: _said("nothing heard from the seal"),
    Kind.position_anomaly: _said("positions that cannot be true"),
    Kind.forbidden_zone: _said("entered a forbidden zone", crossed_between_fixes="crossed a forbidden zone"),
    Kind.route_reversal: _said("drove back along the route"),
    Kind.speeding: _said("faster than permitted"),
    Kind.jamming: _said("reports without positions", said_by_device="jammed, says the seal"),
    Kind.low_battery: _said("the seal's battery is nearly empty"),
    Kind.overdue: _said("not at its destination in time", predicted_arrival="cannot be at its destination in time"),
    Kind.silent_shipment: _said("the seal was not heard after departure"),
    Kind.skipped_checkpoint: _said("went round a checkpoint"),
    Kind.separation: _said("seal and truck seen apart"),
    Kind.rendezvous: _said("stood together with another sealed truck"),
}
"""What happened, for each kind."""
