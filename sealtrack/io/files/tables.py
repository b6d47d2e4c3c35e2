"""Small files as objects, row by row: shipments, sightings and alerts, a few thousand at most."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from sealtrack.errors import InputError
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.io.codecs.load import load_object
from sealtrack.io.files.lines import line_blocks
from sealtrack.io.files.opening import format_of, open_bytes, reading, require_columns
from sealtrack.io.files.parquet_columns import plain, values

FORMATS = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".geojson": "geojson",
    ".parquet": "parquet",
}


class Row(NamedTuple):
    """One row of a small file."""

    number: int
    """From 1 (NDJSON: the line)."""
    value: bytes
    """The row as it came; of binary and nested formats, as JSON."""
    found: dict[str, Any] | FieldError
    """By field name, or why it is no row."""


def read_rows(path: Path, record: type) -> list[Row]:
    """All rows. InputError if `path` is absent, corrupt or a table without a column that `record` requires."""
    kind, compression = format_of(path, FORMATS)
    with reading(path):
        if kind == "parquet":
            rows = list(_parquet_rows(path, record))
        elif kind == "ndjson":
            with open_bytes(path, compression) as (stream, _):
                rows = [_json_row(number, line) for block in line_blocks(stream) for number, line in block]
        else:
            with open_bytes(path, compression) as (stream, _):
                text = _utf8(path, stream.read())
            rows = list(_csv_rows(path, text, record) if kind == "csv" else _json_rows(path, text, kind))
    return rows


def _utf8(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; save the file in UTF-8") from None


def _csv_rows(path: Path, text: str, record: type) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = next(reader, [])
        require_columns(path, header, record)
        for number, values in enumerate((values for values in reader if values), 1):
            value = ",".join(values).encode()
            found: dict[str, Any] | FieldError = dict(zip(header, values, strict=False))
            if len(values) != len(header):
                message = f"{len(values)} values under {len(header)} columns; quote values that hold a comma"
                found = FieldError("wrong_columns", message)
            yield Row(number, value, found)
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num} is no CSV: {error}") from None


def _json_row(number: int, line: bytes) -> Row:
    try:
        return Row(number, line, load_object(line))
    except FieldError as error:
        return Row(number, line, error)


def _json_rows(path: Path, text: str, kind: str) -> Iterator[Row]:
    """Of an array of objects, or of the features of a GeoJSON collection."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON: {str(error)[:100]}") from None
    if kind == "geojson":
        found = found.get("features") if isinstance(found, dict) else None
    if not isinstance(found, list):
        wanted = "a FeatureCollection" if kind == "geojson" else "an array of objects, or use .ndjson"
        raise InputError(f"{path}: expected {wanted}")
    for number, item in enumerate(found, 1):
        yield _json_row(number, json.dumps(item).encode())


def _parquet_rows(path: Path, record: type) -> Iterator[Row]:
    if path.is_dir():
        raise IsADirectoryError(path)
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        require_columns(path, names, record)
        table = file.read()
    columns = [map(_given, values(plain(column.combine_chunks()))) for column in table.columns]
    for number, told in enumerate(zip(*columns, strict=True), 1):
        found = dict(zip(names, told, strict=True))
        yield Row(number, json.dumps(found, default=str).encode(), found)


def _given(value: Any) -> Any:
    """NaN is how tables of floats write null. Bytes come of a column of which not all is UTF-8."""
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, bytes):
        with suppress(UnicodeDecodeError):
            return value.decode()
    return value
