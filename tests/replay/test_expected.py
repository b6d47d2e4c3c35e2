"""The engine judges every committed scenario today as it did when its alerts were reviewed."""

from __future__ import annotations

from typing import Any

import pytest

from replay.maker.folder import EXPECTED, FEED, SCENARIOS, SHIPMENTS, SIGHTINGS, geofences, names
from sealtrack import geofence
from sealtrack.io.files import read_shipments, read_sightings
from sealtrack.io.files.alerts import read_alerts
from sealtrack.replay import replay
from sealtrack.schema import Alert

AGAIN = "a rule has changed: run `python -m replay.maker expected --all` and review the difference"


@pytest.mark.parametrize("name", names())
def test_a_scenario_is_judged_as_reviewed(name: str) -> None:
    folder = SCENARIOS / name
    shipments, unusable = read_shipments(folder / SHIPMENTS)
    seen, unread = read_sightings(folder / SIGHTINGS) if (folder / SIGHTINGS).exists() else ([], [])
    result = replay([folder / FEED], geofence.load(*geofences(name)), shipments, sightings=seen)
    assert (unread, unusable, result.rejected, result.problems) == ([], [], [], [])
    assert gist(result.alerts) == gist(read_alerts(folder / EXPECTED)), AGAIN


def gist(alerts: list[Alert]) -> list[tuple[Any, ...]]:
    """What a reviewer looked at; evidence may gain facts without a new review."""
    return sorted((a.shipment_id, a.kind, a.start, a.end or 0, a.status, a.severity, a.alert_id) for a in alerts)
