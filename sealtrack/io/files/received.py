"""When a report of a file was received, where the file does not say."""

from __future__ import annotations

import numpy as np

from sealtrack.io.codecs.pack import Draft
from sealtrack.io.codecs.times import CLOCK_SET_SINCE_MS
from sealtrack.schema import NO_TIME


class ReceivedClock:
    """Fills `received_ms`, chunk after chunk of one file: the column, else `time`, else the clock of the rows before.

    A row whose device clock was never set, or whose time cannot be read, was received after the rows before it: it gets
    the largest `received` so far. At the top of a file it gets the first one that follows in the same chunk.
    """

    def __init__(self) -> None:
        self._latest_ms = NO_TIME

    def fill(self, draft: Draft) -> None:
        rows = draft.rows
        stated = rows["received_ms"]
        if len(rows) and stated.min() >= CLOCK_SET_SINCE_MS:  # the file says it of each
            self._latest_ms = max(self._latest_ms, int(stated.max()))
            return
        received = np.where(stated == NO_TIME, rows["time_ms"], stated)
        known = received >= CLOCK_SET_SINCE_MS
        running = np.maximum.accumulate(np.where(known, received, NO_TIME)) if len(rows) else received
        running = np.maximum(running, self._latest_ms)
        first = received[known][0] if known.any() else NO_TIME
        stand_in = np.where(running == NO_TIME, first, running)
        # A feed that lies before 2010 as a whole keeps its own times: there is no better clock in it.
        unset = (stated == NO_TIME) & ~known & (stand_in != NO_TIME)
        rows["received_ms"] = np.where(unset, stand_in, received)
        if len(rows):
            self._latest_ms = int(running[-1])
