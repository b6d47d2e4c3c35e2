"""Calling the kernels until a batch is judged: more room as they ask for it, and their output in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.arena import with_room
from sealtrack.core.advance import DONE, NEED_ROOM, advance
from sealtrack.core.state import OUT_DTYPE, Rules
from sealtrack.core.turns import NOBODY, Turns, turns_for
from sealtrack.registry import Registry

BATCH = 65_536
"""Reports judged at once at most: so many, and what they are judged with, still lie in the processor's caches."""


class Judging:
    """The room that the kernels work in beside a store of shipments."""

    def __init__(self) -> None:
        self._out = np.zeros(4096, OUT_DTYPE)
        self._turns = turns_for(0, 0, len(self._out))

    def judge(
        self, rules: Rules, registry: Registry, reports: NDArray[np.void], clock: NDArray[np.void]
    ) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """Judge at most BATCH admitted rows; returns (output rows in the order of reading, the rows that are nobody's).

        Output rows are written over by the next call.
        """
        turns = self._fit(len(reports), len(registry.store.info))
        at = turns.at[0]
        turns.at[:] = 0
        why = NEED_ROOM
        while why != DONE:
            why, wanted = advance(rules, registry.store, reports, turns, clock, self._out)
            if why == NEED_ROOM:
                registry.store = with_room(registry.store)
            elif why != DONE:
                self._lengthen(max(2 * len(self._out), int(at["rows"]) + wanted))
                turns = self._turns
        rows = self._out[: at["rows"]]
        order = np.lexsort((rows["slot"], turns.key[: len(rows)]))
        return rows[order], reports[turns.slot[: len(reports)] == NOBODY]

    def _fit(self, reports: int, slots: int) -> Turns:
        if reports > len(self._turns.slot) or slots != len(self._turns.group):
            self._turns = turns_for(max(reports, len(self._turns.slot)), slots, len(self._out))
        return self._turns

    def _lengthen(self, size: int) -> None:
        out, key = np.zeros(size, OUT_DTYPE), np.zeros(size, np.int64)
        out[: len(self._out)], key[: len(self._out)] = self._out, self._turns.key
        self._out, self._turns = out, self._turns._replace(key=key)
