"""What makes positions and times wrong on purpose: hung receivers, made-up tracks, clocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from replay.maker.road import Floats
from replay.maker.story import Edits, Span

UNSET_MS = 946_684_800_000
"""2000-01-01T00:00:00Z: what a clock says that was never set."""

Ints = NDArray[np.int64]


def within(time: Ints, span: Span) -> NDArray[np.bool_]:
    """(n,) which of these moments lie in the interval."""
    return np.asarray((time >= span[0]) & (time < span[1]))


def falsify(lonlat: Floats, time: Ints, edits: Edits) -> None:
    """Freeze and smooth the (n, 2) positions in place."""
    for span in edits.smooth:
        hit = np.flatnonzero(within(time, span))
        if len(hit) > 2:
            first, last = hit[0], hit[-1]
            share = (time[hit] - time[first]) / (time[last] - time[first])
            lonlat[hit] = lonlat[first] + share[:, None] * (lonlat[last] - lonlat[first])
    for span in edits.frozen:
        hit = np.flatnonzero(within(time, span))
        lonlat[hit] = lonlat[hit[:1]]


def set_clocks(time: Ints, edits: Edits) -> Ints:
    """(n,) the times as the device says them."""
    said = time.copy()
    for clock in edits.clocks:
        hit = within(time, clock.span)
        said[hit] = UNSET_MS if clock.ahead_ms is None else time[hit] + clock.ahead_ms
    return said
