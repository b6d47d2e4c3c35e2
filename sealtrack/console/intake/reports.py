"""Reports into the store and back, and how each seal is by its latest one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from sealtrack.columns import Reports
from sealtrack.console.store.tables.heard import facts, reports, seals, sources
from sealtrack.console.store.upsert import insert_new, put
from sealtrack.schema import FLAG_INVALID, FLAG_SIGHTING

COLUMNS = (
    "time_ms", "received_ms", "lat", "lon", "speed_kmh", "heading_deg", "accuracy_m", "lock", "events", "battery_pct",
    "satellites", "seq", "flags", "partition", "offset",
)  # fmt: skip
"""Columns of the store that are columns of a packed report."""
_NULL_BELOW_ZERO = ("satellites", "seq")
_AT_ONCE = 20_000
CLOCK = "clock_ms"


def take_reports(connection: Connection, batch: Reports, topics: dict[int, str]) -> None:
    """Insert reports, those that are there already left as they are. `topics`: partition to topic or file.

    A file's reports carry the number of the feed in `partition`; those of a topic its partition.
    """
    rows = batch.rows[batch.rows["flags"] & FLAG_SIGHTING == 0]
    if not len(rows):
        return
    numbers = {partition: source(connection, topic) for partition, topic in topics.items()}
    for start in range(0, len(rows), _AT_ONCE):
        found = _plain(rows[start : start + _AT_ONCE], batch)
        for one in found:
            one["source"] = numbers[one["partition"]]
        insert_new(connection, reports, found)
    _note_seals(connection, rows, batch)
    note_clock(connection, int(rows["received_ms"].max()))


def source(connection: Connection, topic: str) -> int:
    """The number of a topic or file, given when it is first heard of."""
    found = connection.scalar(select(sources.c.id).where(sources.c.topic == topic))
    if found is not None:
        return int(found)
    return int(connection.execute(insert(sources).values(topic=topic).returning(sources.c.id)).scalar_one())


def note_clock(connection: Connection, at_ms: int) -> None:
    """The data have come to this moment."""
    if at_ms > clock_ms(connection):
        put(connection, facts, [{"name": CLOCK, "value": str(at_ms)}])


def clock_ms(connection: Connection) -> int:
    """The moment the data have come to; 0 before the first report."""
    value = connection.scalar(select(facts.c.value).where(facts.c.name == CLOCK))
    return int(value) if value else 0


def _plain(rows: NDArray[np.void], batch: Reports) -> list[dict[str, Any]]:
    columns: dict[str, list[Any]] = {}
    for name in COLUMNS:
        column = rows[name]
        values = column.tolist()
        if column.dtype.kind == "f":
            values = [None if value != value else value for value in values]  # noqa: PLR0124 - NaN
        elif name in _NULL_BELOW_ZERO:
            values = [None if value < 0 else value for value in values]
        columns[name] = values
    columns["seal_id"] = [batch.seals[code] for code in rows["seal"].tolist()]
    columns["card"] = [batch.cards[code] if code >= 0 else None for code in rows["card"].tolist()]
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _note_seals(connection: Connection, rows: NDArray[np.void], batch: Reports) -> None:
    newest = rows[np.lexsort((rows["time_ms"], rows["seal"]))]
    last = newest[np.append(newest["seal"][1:] != newest["seal"][:-1], [True])]
    fixes = newest[np.isfinite(newest["lat"]) & (newest["flags"] & FLAG_INVALID == 0)]
    fix = {row["seal"]: row for row in fixes}  # the last of each seal stays
    heard = {code: int(rows["received_ms"][rows["seal"] == code].max()) for code in last["seal"].tolist()}
    names = [batch.seals[code] for code in last["seal"].tolist()]
    known = {row.seal_id: row for row in connection.execute(select(seals).where(seals.c.seal_id.in_(names)))}
    put(connection, seals, [_seal(row, batch, known, fix, heard) for row in last])


def _seal(
    row: Any, batch: Reports, known: dict[str, Any], fix: dict[int, Any], heard: dict[int, int]
) -> dict[str, Any]:
    code = int(row["seal"])
    name, before, place = batch.seals[code], known.get(batch.seals[code]), fix.get(code)
    found = {
        "seal_id": name,
        "heard_ms": max(heard[code], before.heard_ms if before else 0),
        "time_ms": int(row["time_ms"]),
        "fix_ms": None,
        "lat": None,
        "lon": None,
        "speed_kmh": _number(row["speed_kmh"]),
        "heading_deg": _number(row["heading_deg"]),
        "lock": int(row["lock"]),
        "battery_pct": _number(row["battery_pct"]),
        "satellites": int(row["satellites"]) if row["satellites"] >= 0 else None,
    }
    if place is not None:
        found |= {"fix_ms": int(place["time_ms"]), "lat": float(place["lat"]), "lon": float(place["lon"])}
    if before is None:
        return found
    if before.time_ms > found["time_ms"]:
        found |= {name: getattr(before, name) for name in ("time_ms", "speed_kmh", "heading_deg", "lock")}
        found |= {name: getattr(before, name) for name in ("battery_pct", "satellites")}
    if before.fix_ms is not None and (found["fix_ms"] is None or before.fix_ms > found["fix_ms"]):
        found |= {name: getattr(before, name) for name in ("fix_ms", "lat", "lon")}
    return found


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
