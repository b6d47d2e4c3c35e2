"""Reports from a file, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from sealtrack.columns import Reports
from sealtrack.errors import InputError, Rejected, UsageError
from sealtrack.io.codecs.pack import settle
from sealtrack.io.files.chunks import Chunk
from sealtrack.io.files.csv_reports import read_csv
from sealtrack.io.files.gpx_reports import read_gpx
from sealtrack.io.files.ndjson_reports import read_ndjson
from sealtrack.io.files.opening import Progress, format_of, reading
from sealtrack.io.files.parquet_reports import read_parquet
from sealtrack.io.files.received import ReceivedClock

_FORMATS = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".gpx": "gpx",
}


def read_reports(
    path: str | PathLike[str], *, on_progress: Progress | None = None
) -> Iterator[tuple[Reports, list[Rejected]]]:
    """Reports in `path` in chunks of about 100,000, each with what could not be read in it.

    CSV and NDJSON may be compressed (`.gz`, `.zst`). `offset` is the data row, from 1 (NDJSON: the line), `partition`
    0. `received` is the column, else `time`. UsageError for an unknown suffix, InputError for a file that is absent,
    empty, corrupt or without a required column; one that proves corrupt half-way raises when the reader gets there.
    """
    path = Path(path)
    kind, compression = format_of(path, _FORMATS)
    clock, empty = ReceivedClock(), True
    with reading(path):
        for chunk in _chunks(path, kind, compression, on_progress):
            clock.fill(chunk.draft)
            reports, rejected = settle(chunk.draft, str(path), chunk.value_of)
            rejected = sorted(rejected + chunk.rejected, key=lambda one: one.offset)
            empty = empty and not len(reports) and not rejected
            yield reports, rejected
    if empty:
        raise InputError(f"{path}: holds no reports")


def _chunks(path: Path, kind: str, compression: str | None, on_progress: Progress | None) -> Iterator[Chunk]:
    if kind == "csv":
        return read_csv(path, compression, on_progress)
    if kind == "ndjson":
        return read_ndjson(path, compression, on_progress)
    if compression:
        raise UsageError(f"{path}: {kind} files are read uncompressed; unpack it first")
    if kind == "gpx":
        return read_gpx(path)
    return read_parquet(path, on_progress)
