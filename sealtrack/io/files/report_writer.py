"""Reports to a file that replays: what `read_reports` gives of it is what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sealtrack.columns import Reports
from sealtrack.errors import UsageError
from sealtrack.io.files.opening import format_of
from sealtrack.io.files.replacing import replacing
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, NO_TIME, Field, FieldType, Lock, Report, fields

Write = Callable[[Reports], None]
_FORMATS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".parquet": "parquet"}
_MOMENT = pa.timestamp("ms", "UTC")
_TYPES = {FieldType.TIME: _MOMENT, FieldType.FLOAT: pa.float64(), FieldType.INT: pa.int64(), FieldType.BOOL: pa.bool_()}
_SCHEMA = pa.schema(
    [pa.field(item.name, _TYPES.get(item.f.type, pa.string()), not item.required) for item in fields(Report)]
    + [pa.field("partition", pa.int32(), False), pa.field("offset", pa.int64(), False)]
)


@contextmanager
def writing_reports(path: str | PathLike[str]) -> Iterator[Write]:
    """Gives a function that adds reports to the file: NDJSON, CSV or Parquet, by its suffix; `.gz` and `.zst` too.

    Each row has its `received`, and beside the fields of a report `partition` and `offset`, where it was read. The file
    appears when all is written, or not at all. UsageError for another suffix, TransportError if the disk refuses.
    """
    path = Path(path)
    kind, compression = format_of(path, _FORMATS)
    if kind == "parquet" and compression:
        raise UsageError(f"{path}: parquet is compressed by itself; leave {path.suffix} away")
    with replacing(path) as file, _opened(file.name, compression) as stream:
        if kind == "ndjson":
            yield partial(_write_lines, stream)
        else:
            writer = pq.ParquetWriter(stream, _SCHEMA, compression="zstd") if kind == "parquet" else _csv(stream)
            with writer:
                yield lambda reports: writer.write_table(report_table(reports))


@contextmanager
def writing_lines(path: str | PathLike[str]) -> Iterator[Callable[[bytes], None]]:
    """Gives a function that adds a line to an NDJSON file, which appears like the one of `writing_reports`."""
    path = Path(path)
    _, compression = format_of(path, {suffix: kind for suffix, kind in _FORMATS.items() if kind == "ndjson"})
    with replacing(path) as file, _opened(file.name, compression) as stream:
        yield lambda line: stream.write(line + b"\n")


def report_table(reports: Reports) -> pa.Table:
    """A column for each field of a report, null where absent, then `partition` and `offset`."""
    columns = [_column(item, reports) for item in fields(Report)]
    return pa.Table.from_arrays([*columns, reports.rows["partition"], reports.rows["offset"]], schema=_SCHEMA)


@contextmanager
def _opened(name: str, compression: str | None) -> Iterator[pa.NativeFile]:
    with pa.OSFile(name, "wb") as raw:
        if compression is None:
            yield raw
        else:
            with pa.CompressedOutputStream(raw, compression) as stream:
                yield stream


def _csv(stream: pa.NativeFile) -> pv.CSVWriter:
    return pv.CSVWriter(stream, _SCHEMA)


def _write_lines(stream: pa.NativeFile, reports: Reports) -> None:
    for row in report_table(reports).to_pylist():
        found = {name: value for name, value in row.items() if value is not None}
        if "events" in found:
            found["events"] = found["events"].split(";")
        stream.write(msgspec.json.encode(found) + b"\n")


def _column(item: Field, reports: Reports) -> pa.Array:
    rows = reports.rows
    match item.f.type:
        case FieldType.TIME:
            return pa.array(rows[item.f.column], pa.int64(), mask=rows[item.f.column] == NO_TIME).cast(_MOMENT)
        case FieldType.FLOAT:
            numbers = pa.array(rows[item.f.column], mask=np.isnan(rows[item.f.column]))
            # The shortest decimal that is this float32, and not its 17 digits as a float64.
            return numbers if numbers.type == pa.float64() else numbers.cast(pa.string()).cast(pa.float64())
        case FieldType.INT:
            return pa.array(rows[item.f.column], pa.int64(), mask=rows[item.f.column] == item.f.missing)
    return _PACKED[item.name](reports)


def _named(names: list[str], codes: NDArray[np.int32]) -> pa.Array:
    return pa.array([*names, None], pa.string()).take(pa.array(np.where(codes < 0, len(names), codes)))


def _events(reports: Reports) -> pa.Array:
    sets, codes = np.unique(reports.rows["events"], return_inverse=True)
    texts = [";".join(name for name, bit in EVENT_BIT.items() if bit & int(bits)) or None for bits in sets]
    return pa.array(texts, pa.string()).take(pa.array(codes))


def _lock(reports: Reports) -> pa.Array:
    names = [None if lock is Lock.unknown else lock.name for lock in Lock]
    return pa.array(names, pa.string()).take(pa.array(reports.rows["lock"].astype(np.int64)))


def _flag(reports: Reports, bit: int, *, value: bool) -> pa.Array:
    """`value` where the bit is set, null elsewhere: absent means the same as the other one."""
    is_set = reports.rows["flags"] & bit != 0
    return pc.if_else(pa.array(is_set), pa.scalar(value), pa.scalar(None, pa.bool_()))


_PACKED: dict[str, Callable[[Reports], Any]] = {
    "seal_id": lambda reports: _named(reports.seals, reports.rows["seal"]),
    "card": lambda reports: _named(reports.cards, reports.rows["card"]),
    "lock": _lock,
    "events": _events,
    "valid": lambda reports: _flag(reports, FLAG_INVALID, value=False),
    "buffered": lambda reports: _flag(reports, FLAG_BUFFERED, value=True),
}
"""Fields that are packed in a way of their own."""
