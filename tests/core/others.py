"""Other trucks on the same road: some stand where the first one stands, some are out of the network with it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sealtrack.schema import Shipment
from tests.core.trips import DEGREE_M, MINUTE, Raw, Troubles, send

SHIFTS_MS = (0, 0, 2 * MINUTE, 8 * MINUTE, 25 * MINUTE)


@dataclass(frozen=True)
class Company:
    """Other seals: what they sent, and their shipments."""

    reports: list[Raw]
    shipments: list[Shipment]


def company(truth: list[Raw], count: int, lost: tuple[int, int], dice: random.Random) -> Company:
    """So many trucks that go as the first one does, a little later; `lost`: when the network is out for some."""
    reports: list[Raw] = []
    shipments = []
    for number in range(1, count + 1):
        seal = f"seal {number}"
        shift_ms, kept = dice.choice(SHIFTS_MS), dice.choice([1, 1, 3])
        told = [_beside(true, seal, shift_ms, dice) for true in truth[::kept]]
        told = outage(told, lost) if dice.random() < 0.6 else told
        reports += send(told, Troubles(silent=dice.choice([0.0, 0.0, 0.01])), dice)
        shipments.append(
            Shipment(shipment_id=f"T{number}", seal_id=seal, route_id="road", depart_at=truth[0]["time_ms"])
        )
    return Company(reports, shipments)


def _beside(true: Raw, seal: str, shift_ms: int, dice: random.Random) -> Raw:
    lat, lon = (true[name] + dice.gauss(0, 10) / DEGREE_M for name in ("lat", "lon"))
    return true | {"seal": seal, "time_ms": true["time_ms"] + shift_ms, "lat": round(lat, 6), "lon": round(lon, 6)}


def outage(told: list[Raw], lost: tuple[int, int]) -> list[Raw]:
    """Without what was told while the network was out; the first report stays."""
    return [raw for i, raw in enumerate(told) if i == 0 or not lost[0] <= raw["time_ms"] < lost[1]]
