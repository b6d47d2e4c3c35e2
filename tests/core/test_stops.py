"""unauthorised_stop against the truth of a simulated halt."""

from __future__ import annotations

import math
import random

import pytest

from sealtrack.geofence import Catalogue
from sealtrack.schema import Alert, Shipment
from tests.core.compare import judge_case
from tests.core.feeds import DEGREE_M, MINUTE, SECOND, START, Case, Raw
from tests.core.world import catalogue, point_on

NOISE_M = 15.0
NOISE_S = 60.0
"""How long the receiver's error stays alike."""
HALT_AT, HALT_END = 10 * MINUTE, 30 * MINUTE
TRIP = Shipment(shipment_id="S1", seal_id="seal", route_id="road", depart_at=START)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def trip(interval_s: int, seed: int, halt_kmh: float = 0.0, spike_at: int = -1) -> list[Raw]:
    """Ten minutes at 50 km/h, twenty at `halt_kmh`, ten at 50 km/h; one fix 500 m aside at minute `spike_at`."""
    dice = random.Random(seed)
    alike = math.exp(-interval_s / NOISE_S)
    noise = [dice.gauss(0, NOISE_M), dice.gauss(0, NOISE_M)]
    along_m, told = 22_000.0, []
    for ms in range(0, 40 * MINUTE, interval_s * SECOND):
        lon, lat = point_on("road", along_m)
        noise = [alike * value + math.sqrt(1 - alike**2) * dice.gauss(0, NOISE_M) for value in noise]
        aside_m = 500.0 if ms == spike_at * MINUTE else 0.0
        told.append(
            {
                "seal": "seal",
                "time_ms": START + ms,
                "received_ms": START + ms + SECOND,
                "lat": lat + (noise[0] + aside_m) / DEGREE_M,
                "lon": lon + noise[1] / DEGREE_M,
                "lock": "locked",
            }
        )
        along_m += (halt_kmh if HALT_AT <= ms < HALT_END else 50.0) / 3.6 * interval_s
    return told


def stops(country: Catalogue, reports: list[Raw]) -> list[Alert]:
    case = Case(reports, [TRIP], reports[-1]["received_ms"])
    return [alert for alert in judge_case(country, case) if alert.kind == "unauthorised_stop"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spike_at", [-1, 12, 20, 29])
@pytest.mark.parametrize("interval_s", [1, 5, 30])
def test_a_halt_is_found_and_dated(country: Catalogue, interval_s: int, spike_at: int, seed: int) -> None:
    (stop,) = stops(country, trip(interval_s, seed, spike_at=spike_at))
    assert stop.end is not None
    assert abs(stop.start - (START + HALT_AT)) <= 30 * SECOND
    assert abs(stop.end - (START + HALT_END)) <= 30 * SECOND
    assert stop.severity == "warning"


@pytest.mark.parametrize("kmh", [3.0, 4.0, 5.0])
@pytest.mark.parametrize("interval_s", [1, 5, 30])
def test_creeping_in_a_queue_is_no_stop(country: Catalogue, interval_s: int, kmh: float) -> None:
    for seed in range(4):
        assert stops(country, trip(interval_s, seed, halt_kmh=kmh)) == []
