"""What a page of the queue costs the server, and the live map's document."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from fastapi.testclient import TestClient

PAGES: Mapping[str, str] = {
    "first page, by score": "/incidents",
    "first page, by age": "/incidents?sort=age",
    "everything, last page": "/incidents?status=all&page=2000",
    "one kind": "/incidents?kind=seal_open",
    "one unit, critical": "/incidents?unit=%C4%90%E1%BB%99i%207&severity=critical",
    "one carrier": "/incidents?carrier=C%C3%B4ng%20ty%20v%E1%BA%ADn%20t%E1%BA%A3i%207",
    "a day": "/incidents?from=2026-03-09T00:00:00Z&to=2026-03-10T00:00:00Z",
    "search, a shipment": "/incidents?status=all&q=VN26-031415",
    "search, nothing found": "/incidents?q=kh%C3%B4ng%20c%C3%B3",
    "counts of the queue": "/incidents/counts",
    "live map's document": "/live",
}
"""What is asked for, by name."""
ROUNDS = 5


class Cost(NamedTuple):
    """One address."""

    name: str
    process_ms: float
    """Processor time of the server for one answer, the best of ROUNDS."""
    rows: int
    kilobytes: float


def measure(client: TestClient, say: Callable[[str], None]) -> list[Cost]:
    """Every address, through the application as a browser calls it."""
    found = []
    for name, address in PAGES.items():
        say(name)
        taken = []
        for _ in range(ROUNDS):
            before = time.process_time()
            answer = client.get(f"/api/v1{address}")
            taken.append((time.process_time() - before) * 1000)
        assert answer.status_code == 200, answer.text  # noqa: S101 - a measurement, not the product
        told = answer.json()
        rows = len(told.get("items", told.get("seals", [])))
        found.append(Cost(name, round(min(taken), 1), rows, round(len(answer.content) / 1000, 1)))
    return found
