"""Compare alerts with ground truth: what was missed, what was raised for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from replay.maker.story import Label

SLACK_MS = 5 * 60_000
"""An alert belongs to a label it comes this near to: a sparse feed shows an offence a few minutes late."""
FOREVER_MS = 2**62


class Review(NamedTuple):
    missed: list[Label]
    """`must` labels that no alert of their kind meets."""
    false: list[dict[str, Any]]
    """Alerts that meet neither a `must` nor a `may` label of their kind."""
    found: list[Label]

    @property
    def good(self) -> bool:
        return not self.missed and not self.false


def review(labels: Iterable[Label], alerts: Iterable[dict[str, Any]]) -> Review:
    """Judge the final alerts of a scenario (as JSON objects of `seal.alerts`); retracted ones count as not raised."""
    standing = [alert for alert in alerts if alert["status"] != "retracted"]
    due = [label for label in labels if label.expect == "must"]
    excused = [label for label in labels if label.expect in ("must", "may")]
    missed = [label for label in due if not any(meets(label, alert) for alert in standing)]
    false = [alert for alert in standing if not any(meets(label, alert) for label in excused)]
    return Review(missed, false, [label for label in due if label not in missed])


def meets(label: Label, alert: dict[str, Any]) -> bool:
    """Whether an alert is about the label's kind, shipment and interval."""
    if (label.kind, label.shipment_id) != (alert["kind"], alert["shipment_id"]):
        return False
    return overlaps(label, _ms(alert["start"]), _ms(alert["end"]) if alert["end"] else None)


def overlaps(label: Label, start_ms: int, end_ms: int | None, slack_ms: int = SLACK_MS) -> bool:
    """Whether an interval (`end_ms` None: it goes on) comes within `slack_ms` of the label's."""
    end_ms = FOREVER_MS if end_ms is None else end_ms
    return start_ms <= label.end_ms + slack_ms and end_ms >= label.start_ms - slack_ms


def read_alerts(path: Path) -> list[dict[str, Any]]:
    """Alerts of an NDJSON file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _ms(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "ms").astype(np.int64))
