"""The clock: the largest received so far, and what it must not believe (judgement section 7)."""

from __future__ import annotations

import numpy as np

from sealtrack.core.jit import helper
from sealtrack.core.state import Row
from sealtrack.schema import FLAG_SIGHTING, NO_TIME

CLOCK_DTYPE = np.dtype(
    [
        ("ms", "i8"),  # the clock: largest received so far
        ("heard_ms", "i8"),  # least received of all reports, whosever; NEVER = none yet
        ("jump_ms", "i8"),  # a stamp far ahead that waits for another one to confirm it
        ("due_ms", "i8"),  # no view changes before this
        ("horizon_ms", "i8"),
        ("latest_ms", "i8"),  # what is received so long after its shipment's end is nobody's
        ("seen_ms", "i8"),  # largest received of sightings read before the first report, which alone starts the clock
    ]
)

JUMP_MS = 86_400_000
"""A stamp further ahead than this moves the clock only when the next report confirms it."""


@helper
def _move(clock: Row, stamp_ms: int) -> None:
    """Advance the clock to a received stamp; one absurd stamp does not move it."""
    if clock["ms"] != NO_TIME and stamp_ms <= clock["ms"]:
        clock["jump_ms"] = NO_TIME
    elif clock["ms"] != NO_TIME and stamp_ms - clock["ms"] <= JUMP_MS:
        clock["ms"] = stamp_ms
        clock["jump_ms"] = NO_TIME
    elif clock["jump_ms"] != NO_TIME and abs(stamp_ms - clock["jump_ms"]) <= JUMP_MS:
        clock["ms"] = max(stamp_ms, clock["jump_ms"])
        clock["jump_ms"] = NO_TIME
    else:
        clock["jump_ms"] = stamp_ms


@helper
def follow_seen(clock: Row) -> None:
    """Advance a clock that runs to the sightings that were read before it did."""
    if clock["ms"] != NO_TIME and clock["seen_ms"] != NO_TIME:
        _move(clock, clock["seen_ms"])
        clock["seen_ms"] = NO_TIME


@helper
def follow(clock: Row, report: Row) -> None:
    """Advance the clock to what was just read; a sighting is not heard of a seal, and cannot start it."""
    if report["flags"] & FLAG_SIGHTING and clock["ms"] == NO_TIME:
        clock["seen_ms"] = max(clock["seen_ms"], report["received_ms"])
        return
    _move(clock, report["received_ms"])
    follow_seen(clock)
