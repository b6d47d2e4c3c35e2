"""Tables for other programs: CSV, XLSX and GeoJSON. No cell of theirs is a formula, whatever somebody declared."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from sealtrack.io.files.guard import guarded

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
Rows = Sequence[dict[str, Any]]
_CELL_WITHIN = re.compile(r"([;\t\r\n])(?=\s*[=+\-@|\uff1d\uff0b\uff0d\uff20])")
"""Where Excel's list separator is `;`, as in Vietnam, it parts our cells there, quoted or not."""


def write(kind: str, rows: Rows, columns: Sequence[str]) -> bytes:
    """The table as `csv`, `xlsx` or `geojson`; `columns` in this order."""
    return {"csv": _csv, "xlsx": _xlsx, "geojson": _geojson}[kind](rows, columns)


def _csv(rows: Rows, columns: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_whole(_cell(row.get(name))) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark, Excel takes Vietnamese for Latin-1


def _xlsx(rows: Rows, columns: Sequence[str]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("sealtrack")
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_clean(_cell(row.get(name))) for name in columns])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _geojson(rows: Rows, columns: Iterable[str]) -> bytes:
    names = [name for name in columns if name not in ("lat", "lon")]
    features = [
        {
            "type": "Feature",
            "geometry": None
            if row.get("lat") is None or row.get("lon") is None
            else {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {name: row.get(name) for name in names},
        }
        for row in rows
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = ";".join(str(one) for one in value)
    return guarded(value)


def _whole(value: Any) -> Any:
    """No part of the text begins a formula either, should a program part it."""
    return _CELL_WITHIN.sub(r"\1'", value) if isinstance(value, str) else value


def _clean(value: Any) -> Any:
    """XML cannot hold control characters."""
    return ILLEGAL_CHARACTERS_RE.sub(" ", value) if isinstance(value, str) else value
