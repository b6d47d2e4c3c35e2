"""Alerts to a file and back."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from sealtrack.errors import InputError, UsageError
from sealtrack.io.codecs.alerts import ALERT_FIELDS, alert_json, alert_object, alert_of
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.io.files.guard import guarded, unguarded
from sealtrack.io.files.opening import format_of
from sealtrack.io.files.replacing import replacing
from sealtrack.io.files.tables import FORMATS, Row, read_rows
from sealtrack.schema import Alert, FieldType

_ARROW_TYPES = {
    FieldType.TIME: pa.timestamp("ms", "UTC"),
    FieldType.FLOAT: pa.float64(),
    FieldType.INT: pa.int64(),
}
_SCHEMA = pa.schema(
    [
        pa.field(item.name, _ARROW_TYPES.get(item.f.type, pa.string()), nullable=not item.required)
        for item in ALERT_FIELDS
    ]
)


def write_alerts(path: str | PathLike[str], alerts: Iterable[Alert]) -> None:
    """Write NDJSON, CSV, GeoJSON or Parquet, by the suffix of `path`. The file appears whole or not at all.

    Evidence is an object in JSON and GeoJSON, JSON text in CSV and Parquet. UsageError for another suffix,
    TransportError if the folder or the disk refuses.
    """
    kind = alerts_format(path)
    with replacing(Path(path)) as file:
        _WRITERS[kind](file, alerts)


def alerts_format(path: str | PathLike[str]) -> str:
    """The format in which `write_alerts` writes this file; UsageError if it writes none of that suffix."""
    kind, compression = format_of(Path(path), _WRITERS_BY_SUFFIX)
    if compression:
        raise UsageError(f"{path}: alerts are written uncompressed; leave {Path(path).suffix} away")
    return kind


def read_alerts(path: str | PathLike[str]) -> list[Alert]:
    """What `write_alerts` wrote, in order. InputError, naming file and row, if a row cannot be read."""
    path = Path(path)
    alerts = []
    is_csv = format_of(path, FORMATS)[0] == "csv"
    for row in read_rows(path, Alert):
        try:
            found = _flat(row)
            if is_csv:
                found = {name: unguarded(value) for name, value in found.items()}
            alerts.append(alert_of(found))
        except FieldError as error:
            raise InputError(f"{path}: row {row.number}, {error.message}") from None
    return alerts


def _flat(row: Row) -> dict[str, Any]:
    """The row with evidence as an object, and a GeoJSON feature's properties and point on one level."""
    if isinstance(row.found, FieldError):
        raise row.found
    found = row.found
    if "properties" in found and "geometry" in found:
        point = found["geometry"] or {}
        lon, lat = point.get("coordinates") or (None, None)
        found = {**(found["properties"] or {}), "lat": lat, "lon": lon}
    evidence = found.get("evidence")
    if isinstance(evidence, str):
        try:
            found = {**found, "evidence": json.loads(evidence)}
        except ValueError:
            raise FieldError("not_json", "field evidence is no JSON") from None
    return found


def _write_ndjson(file: BinaryIO, alerts: Iterable[Alert]) -> None:
    file.writelines(alert_json(alert) + b"\n" for alert in alerts)


def _write_geojson(file: BinaryIO, alerts: Iterable[Alert]) -> None:
    file.write(b'{"type":"FeatureCollection","features":[')
    separator = b"\n"
    for alert in alerts:
        properties = alert_object(alert)
        lat, lon = properties.pop("lat"), properties.pop("lon")
        geometry = None if lat is None or lon is None else {"type": "Point", "coordinates": [lon, lat]}
        feature = {"type": "Feature", "geometry": geometry, "properties": properties}
        file.write(separator + msgspec.json.encode(feature))
        separator = b",\n"
    file.write(b"\n]}\n")


def _write_csv(file: BinaryIO, alerts: Iterable[Alert]) -> None:
    lines = _Utf8Lines(file)
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([item.name for item in ALERT_FIELDS])
    for alert in alerts:
        writer.writerow([_cell(value) for value in alert_object(alert).values()])


class _Utf8Lines:
    """What `csv.writer` needs of a text file, on a binary one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.encode())


def _cell(value: object) -> object:
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    return guarded(value)


def _write_parquet(file: BinaryIO, alerts: Iterable[Alert]) -> None:
    rows = []
    for alert in alerts:
        row = {item.name: getattr(alert, item.name) for item in ALERT_FIELDS}
        row["evidence"] = bytes(alert_object(alert)["evidence"]).decode()
        rows.append(row)
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), file)


_WRITERS_BY_SUFFIX = {".ndjson": "ndjson", ".parquet": "parquet", ".csv": "csv", ".geojson": "geojson"}
_WRITERS: dict[str, Callable[[BinaryIO, Iterable[Alert]], None]] = {
    "ndjson": _write_ndjson,
    "parquet": _write_parquet,
    "csv": _write_csv,
    "geojson": _write_geojson,
}
