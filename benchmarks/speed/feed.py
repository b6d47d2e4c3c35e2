"""A national feed: simulated trucks, each driven by several seals."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.trips import to_reports
from replay.maker import Spec, make
from sealtrack.columns import Reports
from sealtrack.schema import Shipment

SEED = 20_262
DRIVEN = 250
"""Trips that are simulated; more shipments drive the same ones a little later."""
APART_MS = 7_000
LINK_MS = 3_000


class National(NamedTuple):
    """Shipments and their reports in the order of `received`."""

    reports: Reports
    shipments: list[Shipment]


@cache
def _driven() -> tuple[Reports, list[Shipment]]:
    feed = make(Spec(seed=SEED, n_shipments=DRIVEN, departures_h=4.0))
    return to_reports(feed.reports), feed.shipments


def national(shipments: int, reports_each: int, *, late: float = 0.0) -> National:
    """Trucks on one road, the first `reports_each` reports of each, a report every 30 s.

    Each is received LINK_MS after its time, so that all are in order; of a share `late` it is the end of its hour.
    A shipment is closed where its reports end: else thousands of seals fall silent together at one place, which is
    an outage and no ordinary traffic.
    """
    driven, declared = _driven()
    rows = np.sort(driven.rows, order=["seal", "time_ms"])
    rank = np.arange(len(rows)) - np.searchsorted(rows["seal"], rows["seal"])
    rows = rows[rank < reports_each]
    copies = -(-shipments // len(declared))
    parts, seals, shipped = [], list[str](), list[Shipment]()
    for copy in range(copies):
        part = rows.copy()
        part["time_ms"] += copy * APART_MS
        part["seal"] += copy * len(driven.seals)
        parts.append(part)
        seals += [f"{seal}-{copy}" for seal in driven.seals]
        shipped += [_shifted(one, copy) for one in declared]
    every = np.concatenate(parts)
    every = every[every["seal"] < shipments]
    every["received_ms"] = every["time_ms"] + LINK_MS
    if late:
        _delay(every, late)
    every = every[np.argsort(every["received_ms"], kind="stable")]
    every["offset"] = np.arange(len(every))
    last_ms = np.full(len(seals), -1, np.int64)
    np.maximum.at(last_ms, every["seal"], every["time_ms"])
    ends = dict(zip(seals[:shipments], last_ms.tolist(), strict=False))
    closed = [
        replace(one, closed_at=_earlier(one.closed_at, ends[one.seal_id])) for one in shipped if one.seal_id in ends
    ]
    return National(Reports(every, seals, driven.cards), closed)


def _shifted(shipment: Shipment, copy: int) -> Shipment:
    later = {
        name: None if (ms := getattr(shipment, name)) is None else ms + copy * APART_MS
        for name in ("depart_at", "arrive_by", "closed_at")
    }
    ids = {name: f"{getattr(shipment, name)}-{copy}" for name in ("shipment_id", "seal_id")}
    return replace(shipment, **ids, **later)  # type: ignore[arg-type]  # text to ids, times to times


def _earlier(closed_at: int | None, last_ms: int) -> int:
    """When a shipment closes of which nothing is heard after `last_ms`."""
    return last_ms + LINK_MS if closed_at is None else min(closed_at, last_ms + LINK_MS)


def _delay(rows: NDArray[np.void], share: float) -> None:
    """Whole hours of a seal are uploaded at their end."""
    hour = rows["time_ms"] // 3_600_000
    mixed = (
        rows["seal"].astype(np.uint64) * np.uint64(2_654_435_761) + hour.astype(np.uint64) * np.uint64(40_503)
    ) % 1000
    is_late = mixed < share * 1000
    rows["received_ms"][is_late] = (hour[is_late] + 1) * 3_600_000 + LINK_MS
