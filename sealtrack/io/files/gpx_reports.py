"""Reports from a GPX track: what a phone or a logger in the cab records.

Read with Python's own XML parser, point by point: a GPX library refuses the whole file for one odd number in it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from sealtrack.errors import InputError
from sealtrack.io.codecs.records import draft_of_wires
from sealtrack.io.codecs.wire import Fault, wire_of
from sealtrack.io.files.chunks import Chunk

_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+")
KMH = 3.6
"""GPX has metres a second."""


def read_gpx(path: Path) -> Iterator[Chunk]:
    """One chunk. GPX knows no seal: the track's name stands for it, else the file's."""
    try:
        root = ET.fromstring(_decoded(path.read_bytes()))  # noqa: S314 - expat bounds entities, and fetches none
    except (ET.ParseError, UnicodeDecodeError, LookupError) as error:
        raise InputError(f"{path}: no GPX: {' '.join(str(error).split())[:200]}") from None
    if (name := root.tag.rpartition("}")[2]) != "gpx":
        raise InputError(f"{path}: no GPX: its first element is {name[:40]!r}")
    points = [
        _point(track.findtext("{*}name") or path.stem, point)
        for track in root.iterfind("{*}trk")
        for point in track.iterfind("{*}trkseg/{*}trkpt")
    ]
    faults: list[Fault] = []
    draft = draft_of_wires([wire_of(point, row, faults) for row, point in enumerate(points)], faults)
    draft.rows["offset"] = range(1, len(points) + 1)
    yield Chunk(draft, lambda row: json.dumps(points[row]).encode(), [])


def _decoded(content: bytes) -> str:
    """By the encoding that XML declares; loggers on old systems write others than UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    declared = _ENCODING.match(content)
    return content.decode(declared[1].decode() if declared else "utf-8-sig")


def _point(seal_id: str, point: ET.Element) -> dict[str, Any]:
    return {
        "seal_id": seal_id.strip(),
        "time": _in_utc(point.findtext("{*}time")),
        "lat": point.get("lat"),
        "lon": point.get("lon"),
        "speed": _in_kmh(point.findtext(".//{*}speed")),  # GPX 1.0 has it here, loggers of today in an extension
        "heading": point.findtext(".//{*}course"),
        "satellites": point.findtext("{*}sat"),
    }


def _in_utc(time: str | None) -> str | None:
    """GPX is in UTC, whether it says so or not."""
    time = time and time.strip()
    return f"{time}Z" if time and _WITHOUT_ZONE.fullmatch(time) else time


def _in_kmh(speed: str | None) -> str | float | None:
    try:
        return speed and float(speed) * KMH
    except ValueError:
        return speed
