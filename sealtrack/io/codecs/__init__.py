"""Bytes to reports, shipments and sightings, alerts to bytes. What cannot be read comes back as `Rejected`.

Nothing raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sealtrack.columns import Reports
from sealtrack.errors import Rejected, UsageError
from sealtrack.io.codecs import json, traccar
from sealtrack.io.codecs.alerts import alert_json, rejected_json
from sealtrack.io.codecs.shipments import decode_shipments
from sealtrack.io.codecs.sightings import decode_sightings
from sealtrack.io.codecs.times import time_text
from sealtrack.io.ports import RecordBatch

__all__ = ["Codec", "alert_json", "codec", "decode_shipments", "decode_sightings", "rejected_json", "time_text"]


class Codec(NamedTuple):
    """A way to write position reports."""

    name: str
    decode_reports: Callable[[RecordBatch], tuple[Reports, list[Rejected]]]
    """Reports in reading order and what could not be read. `received` is each record's timestamp. Never raises."""


_CODECS = {
    "json": Codec("json", json.decode_reports),
    "traccar": Codec("traccar", traccar.decode_reports),
}


def codec(name: str) -> Codec:
    """The codec called `name`; UsageError if there is none."""
    if name not in _CODECS:
        raise UsageError(f"codec {name!r} does not exist; choose one of {', '.join(_CODECS)}")
    return _CODECS[name]
