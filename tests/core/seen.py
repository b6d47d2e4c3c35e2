"""Sightings of a truck, right and wrong ones."""

from __future__ import annotations

import random

from sealtrack.schema import Sighting
from tests.core.agreed import VEHICLE
from tests.core.trips import DEGREE_M, HOUR, MINUTE, SECOND, Raw

ASIDE_M = (0, 40, 300, 1_500, 6_000, 40_000)
ZONES = ("post", "second_post", "lay_by", "gate", "unknown")
SOURCES = ("camera", "scanner", "anpr", "tracker", "tracker", "tracker", "officer")
PLATES = (None, None, None, VEHICLE, "15c 12345", "29H-999.99")
SEALS = (None, None, None, "seal", "other")


def sightings(truth: list[Raw], count: int, dice: random.Random) -> list[Sighting]:
    """So many, each near a moment of the trip; about a half of them in one run, as a tracker's are."""
    found = []
    run = dice.randrange(len(truth))
    for number in range(count):
        run = min(run + dice.randint(1, 6), len(truth) - 1) if number % 2 else run
        true = truth[run if number % 2 else dice.randrange(len(truth))]
        found.append(_sighting(number, true, dice))
    return found


def _sighting(number: int, true: Raw, dice: random.Random) -> Sighting:
    aside = dice.choice(ASIDE_M) / DEGREE_M
    placed = dice.random() < 0.8
    time = true["time_ms"] + dice.randint(-90, 90) * SECOND + dice.randint(1, 999)
    later = dice.choice([None, 0, 7 * SECOND, 20 * MINUTE, 2 * HOUR, 8 * HOUR])
    named = dice.choice(["shipment", "shipment", "vehicle", "seal", "plate", "nobody"])
    plate = VEHICLE if named == "plate" else dice.choice(PLATES)
    return Sighting(
        sighting_id=f"sighting {number}",
        time=0 if dice.random() < 0.02 else time,
        source=dice.choice(SOURCES),
        shipment_id={"shipment": dice.choice(["S1", "S1", "S2"]), "nobody": "S9"}.get(named),
        vehicle=VEHICLE if named == "vehicle" else None,
        lat=true["lat"] + dice.choice([-1, 1]) * aside if placed else None,
        lon=true["lon"] if placed else None,
        zone_id=None if placed else dice.choice(ZONES),
        plate=plate,
        seal_id="seal" if named == "seal" else dice.choice(SEALS),
        received=None if later is None else time + later,
    )
