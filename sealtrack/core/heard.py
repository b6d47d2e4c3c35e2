"""Where shipments are heard live: what shows that there is coverage (judgement section 11)."""

from __future__ import annotations

import math

from sealtrack.core.gate import has_fix
from sealtrack.core.jit import helper
from sealtrack.core.state import CELLS_A_DEGREE, HEARD, SLOT_MS, Row, Rows

LIVE_MS = 120_000
"""A report received this soon after its time shows that there is coverage where its fix lies."""


@helper
def note_heard(kept: Row, slot: int, report: Row, out: Rows, n: int) -> int:
    """Tell where a live report was heard, when that differs from the one before. A fact of one report: never undone."""
    if report["received_ms"] - report["time_ms"] > LIVE_MS or not has_fix(report):
        return n
    time_slot = report["time_ms"] // SLOT_MS
    lat, lon = math.floor(report["lat"] * CELLS_A_DEGREE), math.floor(report["lon"] * CELLS_A_DEGREE)
    if time_slot == kept["heard_slot"] and lat == kept["heard_lat"] and lon == kept["heard_lon"]:
        return n
    kept["heard_slot"] = time_slot
    kept["heard_lat"] = lat
    kept["heard_lon"] = lon
    row = out[n]
    row["type"] = HEARD
    row["slot"] = slot
    row["start_ms"] = time_slot
    row["lat"] = lat
    row["lon"] = lon
    return n + 1
