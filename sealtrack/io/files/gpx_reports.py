"""Reports from a GPX track: what a phone or a logger in the cab records."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gpxpy
import gpxpy.gpx

from sealtrack.errors import InputError
from sealtrack.io.codecs.records import draft_of_wires
from sealtrack.io.codecs.wire import Fault, wire_of
from sealtrack.io.files.chunks import Chunk

_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")


def read_gpx(path: Path) -> Iterator[Chunk]:
    """One chunk. GPX knows no seal: the track's name stands for it, else the file's."""
    try:
        tracks = gpxpy.parse(_decoded(path.read_bytes())).tracks
    except (gpxpy.gpx.GPXException, UnicodeDecodeError, LookupError) as error:
        raise InputError(f"{path}: no GPX: {' '.join(str(error).split())[:200]}") from None
    points = [
        _point(track.name or path.stem, point)
        for track in tracks
        for segment in track.segments
        for point in segment.points
    ]
    faults: list[Fault] = []
    draft = draft_of_wires([wire_of(point, row, faults) for row, point in enumerate(points)], faults)
    draft.rows["offset"] = range(1, len(points) + 1)
    yield Chunk(draft, lambda row: json.dumps(points[row], default=str).encode(), [])


def _decoded(content: bytes) -> str:
    """By the encoding that XML declares; loggers on old systems write others than UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    declared = _ENCODING.match(content)
    return content.decode(declared[1].decode() if declared else "utf-8")


def _point(seal_id: str, point: gpxpy.gpx.GPXTrackPoint) -> dict[str, Any]:
    return {
        "seal_id": seal_id,
        "time": point.time.isoformat() if point.time else None,
        "lat": point.latitude,
        "lon": point.longitude,
        "speed": None if point.speed is None else point.speed * 3.6,  # GPX: metres a second
        "heading": point.course,
        "satellites": point.satellites,
    }
