"""Records of the pack as NDJSON, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from sealtrack.columns import Reports
from sealtrack.errors import InputError
from sealtrack.io.codecs import codec
from sealtrack.io.codecs.times import text_ms, time_text
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import FLAG_BUFFERED, FLAG_INVALID, Event, Lock

_FLOATS = {"speed": "speed_kmh", "heading": "heading_deg", "accuracy": "accuracy_m", "battery": "battery_pct"}
_EVENTS = [event.value for event in Event]


def report_lines(rows: Iterable[Any]) -> bytes:
    """Reports of the store, by the names of `sealtrack.schema.Report`, and the place where each was read."""
    return b"".join(msgspec.json.encode(_report(row)) + b"\n" for row in rows)


def _report(row: Any) -> dict[str, Any]:
    found = {
        "seal_id": row.seal_id,
        "time": time_text(row.time_ms),
        "received": time_text(row.received_ms),
        "lat": row.lat,
        "lon": row.lon,
        **{name: _short(getattr(row, column)) for name, column in _FLOATS.items()},
        "lock": Lock(row.lock).name if row.lock else None,
        "events": [name for bit, name in enumerate(_EVENTS) if row.events >> bit & 1] or None,
        "card": row.card,
        "satellites": row.satellites,
        "seq": row.seq,
        "valid": False if row.flags & FLAG_INVALID else None,
        "buffered": True if row.flags & FLAG_BUFFERED else None,
    }
    place = {"topic": row.topic, "partition": row.partition, "offset": row.offset}
    return {name: value for name, value in found.items() if value is not None} | place


def _short(value: float | None) -> float | None:
    """The shortest number that is the same in the 32 bits that the engine reads."""
    return None if value is None else float(np.format_float_positional(np.float32(value), unique=True))


def reports_of(content: bytes, name: str) -> Reports:
    """Packed reports in the order of `received`, as the engine read them. InputError naming the line at fault."""
    lines = content.splitlines()
    found = [_object(line, name, number) for number, line in enumerate(lines, 1)]
    received_ms = np.array([text_ms(one["received"]) for one in found], np.int64)
    n = len(lines)
    batch = RecordBatch(name, 0, np.arange(n), received_ms, [None] * n, list(lines))
    reports, rejected = codec("json").decode_reports(batch)
    if rejected:
        raise InputError(f"{name}: line {rejected[0].offset + 1}: {rejected[0].message}")
    index = reports.rows["offset"].copy()
    reports.rows["partition"] = np.array([one["partition"] for one in found], np.int32)[index]
    reports.rows["offset"] = np.array([one["offset"] for one in found], np.int64)[index]
    return reports.take(np.lexsort((reports.rows["offset"], reports.rows["partition"], reports.rows["received_ms"])))


def _object(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(line, type=dict[str, Any])
        text_ms(found["received"])
        int(found["partition"]), int(found["offset"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, LookupError):
        raise InputError(f"{name}: line {number} is no report with received, partition and offset") from None
    return found


def lines_of(records: Sequence[Any]) -> bytes:
    """One JSON value a line."""
    return b"".join(msgspec.json.encode(record, order="deterministic") + b"\n" for record in records)
