"""Alerts against the truth: what was found, missed, raised for nothing, and how soon."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from replay.maker.review import overlaps
from replay.maker.story import Label
from sealtrack.schema import Alert, Kind


@dataclass(slots=True)
class Tally:
    """Counts for one kind."""

    offences: int = 0
    found: int = 0
    true: int = 0
    """Alerts that meet an offence; several may meet one."""
    false: int = 0
    innocent_trips: int = 0
    innocent_false: int = 0
    """Alerts for nothing on those trips."""
    delays_s: list[float] = field(default_factory=list)
    """From the start of each offence found to the moment when the evidence sufficed."""

    def add(self, other: Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def figures(self) -> dict[str, Any]:
        """As JSON: the counts, and what follows from them; None where there is nothing to divide by."""
        counts = asdict(self)
        delays = np.array(counts.pop("delays_s"))
        alerts = self.true + self.false
        return counts | {
            "recall": _share(self.found, self.offences),
            "recall_at_least": _lowest(self.found, self.offences),
            "precision": _share(self.true, alerts),
            "precision_at_least": _lowest(self.true, alerts),
            "alerts_an_offence": _share(self.true, self.found),
            "delay_median_s": float(np.median(delays)) if len(delays) else None,
            "delay_p95_s": float(np.percentile(delays, 95)) if len(delays) else None,
            "false_per_100_innocent": _share(100 * self.innocent_false, self.innocent_trips),
        }


@dataclass(slots=True)
class Score:
    """All kinds together, and what went wrong in words."""

    kinds: dict[str, Tally] = field(default_factory=lambda: {kind.value: Tally() for kind in Kind})
    faults: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for kind, tally in other.kinds.items():
            self.kinds[kind].add(tally)
        self.faults += other.faults

    def figures(self) -> dict[str, Any]:
        return {
            kind: tally.figures() for kind, tally in self.kinds.items() if tally.offences or tally.true or tally.false
        }


def score(
    labels: Sequence[Label], alerts: Iterable[Alert], shipment_ids: Iterable[str], *, origin: str, slack_ms: int
) -> Score:
    """Judge the final alerts of these shipments. An alert belongs to a label that it comes within `slack_ms` of.

    `origin` names the batch in the faults, so that it can be repeated.
    """
    result = Score()
    about = _by_trip(labels)
    guilty = {label.shipment_id for label in labels if label.expect == "must"}
    innocent = set(shipment_ids) - guilty
    for tally in result.kinds.values():
        tally.innocent_trips = len(innocent)
    meeting: dict[Label, list[Alert]] = {label: [] for label in labels if label.expect == "must"}
    for alert in alerts:
        near = [x for x in about[alert.kind, alert.shipment_id] if overlaps(x, alert.start, alert.end, slack_ms)]
        due = [label for label in near if label.expect == "must"]
        tally = result.kinds[alert.kind]
        for label in due:
            meeting[label].append(alert)
        if due:
            tally.true += 1
        elif not any(label.expect == "may" for label in near):
            tally.false += 1
            tally.innocent_false += alert.shipment_id in innocent
            result.faults.append(_for_nothing(origin, alert, near))
    for label, found in meeting.items():
        _count(result, label, found, origin)
    return result


def _count(result: Score, label: Label, found: Sequence[Alert], origin: str) -> None:
    tally = result.kinds[label.kind]
    tally.offences += 1
    if not found:
        span = f"{_clock(label.start_ms)} to {_clock(label.end_ms)}"
        result.faults.append(f"missed   {origin} {label.shipment_id} {label.kind} {span}: {label.cause}, {label.note}")
        return
    tally.found += 1
    first_ms = min(alert.detected_at for alert in found)
    tally.delays_s.append(max(0, first_ms - label.start_ms) / 1000)


def _by_trip(labels: Iterable[Label]) -> dict[tuple[str, str], list[Label]]:
    about: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for label in labels:
        about[label.kind, label.shipment_id].append(label)
    return about


def _for_nothing(origin: str, alert: Alert, near: Sequence[Label]) -> str:
    twins = "; ".join(f"{label.cause}, {label.note}" for label in near) or "no label near"
    span = f"{_clock(alert.start)} to {_clock(alert.end)}"
    return f"for nothing {origin} {alert.shipment_id} {alert.kind} {span}: {twins}; {alert.evidence}"


def _clock(ms: int | None) -> str:
    return "…" if ms is None or ms > 2**52 else f"{np.datetime64(ms, 'ms')}Z"


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _lowest(part: int, whole: int) -> float | None:
    """Wilson's lower bound of a share, 95 % one-sided: what so many trips prove."""
    if not whole:
        return None
    z = 1.645
    p = part / whole
    middle = p + z * z / (2 * whole)
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return max(0.0, (middle - half) / (1 + z * z / whole))
