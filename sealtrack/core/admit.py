"""Each report by itself, before it is known whose it is (judgement section 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.jit import entry
from sealtrack.core.state import Rows
from sealtrack.schema import FLAG_CLOCK, FLAG_SIGHTING

CLOCK_SET_MS = 1_262_304_000_000
"""2010-01-01: a device clock before this was never set."""
NOBODYS = -1
"""Instead of the seal of a report that is too late: it moves the clock, and is not held for a shipment either."""


@entry
def admit(
    rows: Rows, admitted: Rows, seals: NDArray[np.int32], cards: NDArray[np.int32], ahead_ms: int, hopeless_ms: int
) -> int:
    """Copy `rows` to `admitted` with the engine's codes and with faulty device clocks replaced; returns their number.

    `seals` and `cards` give the code of each name of the batch. A sighting that is nobody's is left out.
    """
    n = 0
    for i in range(len(rows)):
        admitted[n] = rows[i]
        row = admitted[n]
        if row["seal"] >= 0:
            row["seal"] = seals[row["seal"]]
        if row["card"] >= 0:
            row["card"] = cards[row["card"]]
        t_ms, received_ms = row["time_ms"], row["received_ms"]
        row["flags"] &= 0xFF ^ FLAG_CLOCK
        if t_ms < CLOCK_SET_MS or t_ms > received_ms + ahead_ms:
            if t_ms != received_ms:  # a file without `received` is just old
                row["flags"] |= FLAG_CLOCK
            t_ms = received_ms
            row["time_ms"] = t_ms
        n += 1
        if received_ms - t_ms > hopeless_ms:
            row["seal"] = NOBODYS
            if row["flags"] & FLAG_SIGHTING:
                n -= 1
    return n
