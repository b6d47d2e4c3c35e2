"""Ten thousand seals on the live map."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from sealtrack.console.intake.reports import note_clock
from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import seals
from tests.console.people import People

NOW_MS = 1_773_200_000_000
SEALS = 10_000


@pytest.fixture
def fleet(store: Store) -> Store:
    """Trucks along the demo's route, a day after the demo."""
    trips = [
        {
            "shipment_id": f"N{n:06}",
            "seal_id": f"81{n:08}",
            "route_id": "haiphong-huunghi",
            "depart_ms": NOW_MS - 7_200_000,
            "unit": f"unit {n % 10}",
        }
        for n in range(SEALS)
    ]
    now = [
        {
            "seal_id": trip["seal_id"],
            "heard_ms": NOW_MS - n % 1_000_000,
            "time_ms": NOW_MS - n % 1_000_000,
            "fix_ms": NOW_MS - n % 1_000_000,
            "lat": 20.9 + n * 1e-4,
            "lon": 106.3 + n * 5e-5,
            "speed_kmh": float(n % 80),
            "lock": 1,
        }
        for n, trip in enumerate(trips)
    ]
    with store.writing() as connection:
        connection.execute(insert(shipments), trips)
        connection.execute(insert(seals), now)
        note_clock(connection, NOW_MS)
    return store


def test_a_queue_of_hundreds_at_a_gate_is_counted_whole(people: People, fleet: Store) -> None:
    with fleet.writing() as connection:
        at_gate = seals.c.seal_id.in_([f"81{n:08}" for n in range(700)])
        place = {"lat": 21.971, "lon": 106.711, "fix_ms": NOW_MS, "heard_ms": NOW_MS}
        connection.execute(update(seals).where(at_gate).values(speed_kmh=0.0, **place))
    found = people("viewer").get("/congestion")
    gate = next(item for item in found["items"] if item["zone_id"] == "gate-huunghi")
    assert (gate["inside"], gate["queue"]) == (700, 700)
    assert found["seals"] >= SEALS > found["seals_looked_at"]
    bound = people("viewer", "bound", ("unit 3",)).get("/congestion")
    assert next(item for item in bound["items"] if item["zone_id"] == "gate-huunghi")["queue"] == 70


def test_all_of_them_are_less_than_a_megabyte(people: People, fleet: Store) -> None:
    answer = people("viewer").ask("GET", "/live")
    rows = [row for row in answer.json()["seals"] if row[1].startswith("N")]
    assert len(rows) == SEALS
    assert len(answer.content) < 1_000_000
    assert all(row[8] is None or row[8] > NOW_MS - 1_000_000 for row in rows)
    assert {row[6] for row in rows} == {"moving", "standing"}
    assert len(people("viewer", "bound", ("unit 3",)).get("/live")["seals"]) == SEALS // 10


def test_a_queue_of_any_length_is_counted_at_its_gate(people: People, store: Store) -> None:
    waiting, lat, lon = 400, 21.9706, 106.7111  # Hữu Nghị
    with store.writing() as connection:
        trips = [
            {"shipment_id": f"Q{n}", "seal_id": f"82{n:08}", "route_id": "r", "depart_ms": NOW_MS - 9_000_000}
            for n in range(waiting)
        ]
        connection.execute(insert(shipments), trips)
        times = {"heard_ms": NOW_MS, "time_ms": NOW_MS, "fix_ms": NOW_MS}
        rest = {"lat": lat, "lon": lon, "lock": 1}
        standing = [
            times | rest | {"seal_id": trip["seal_id"], "speed_kmh": n % 4 * 10.0} for n, trip in enumerate(trips)
        ]
        connection.execute(insert(seals), standing)
        note_clock(connection, NOW_MS)
    gates = {row["zone_id"]: row for row in people("viewer").get("/congestion")["items"]}
    assert gates["gate-huunghi"]["inside"] == waiting
    assert gates["gate-huunghi"]["queue"] == waiting / 4
