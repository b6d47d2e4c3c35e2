"""Calling the kernels until a batch is judged: more room as they ask for it, and their output in order.

Each part of the shipments is judged by a thread of its own, and nothing is waited for in between: each puts the whole
batch in turns, moves a clock of its own past it, and leaves out what is another's.
"""

from __future__ import annotations

from concurrent.futures import wait
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sealtrack.beside import beside
from sealtrack.core.advance import DONE, NEED_ROOM, advance
from sealtrack.core.clock import CLOCK_DTYPE
from sealtrack.core.state import OUT_DTYPE, Rules, Store
from sealtrack.core.turns import NOBODY, turns_for
from sealtrack.engine.arena import alone, with_room
from sealtrack.engine.registry import Registry
from sealtrack.whole_rows import joined, picked

BATCH = 65_536
"""Reports judged at once at most: so many, and what they are judged with, still lie in the processor's caches."""
WORTH_A_THREAD = 4_096
"""Reports from which on threads pay: one takes as long to begin as some hundred reports to be judged."""


class Judging:
    """The room that the kernels work in beside the stores of shipments."""

    def __init__(self, parts: int) -> None:
        self._desks = [_Desk(part) for part in range(parts)]

    def judge(
        self, rules: Rules, registry: Registry, reports: NDArray[np.void], clock: NDArray[np.void]
    ) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """Judge at most BATCH admitted rows; returns (output rows in the order of reading, rows that are nobody's)."""
        calls = [partial(desk.judge, rules, registry.stores, reports, clock) for desk in self._desks]
        first, *others = calls
        if len(reports) < WORTH_A_THREAD:
            told = [call() for call in calls]
        else:
            begun = [beside(call) for call in others]
            try:
                told = [first()]
            finally:
                wait(begun)  # whatever happens: they write to the stores
            told += [future.result() for future in begun]
        self._follow(clock)
        rows, keys = joined([rows for rows, _ in told]), np.concatenate([keys for _, keys in told])
        nobodys = self._desks[0].slots_of(reports) == NOBODY
        return picked(rows, np.lexsort((rows["slot"], keys))), picked(reports, nobodys)

    def _follow(self, clock: NDArray[np.void]) -> None:
        """All clocks have come to the same moment; when somebody is due next, each knows for its own part."""
        clock[:] = self._desks[0].clock
        clock["due_ms"] = min(desk.clock["due_ms"][0] for desk in self._desks)


class _Desk:
    """Of one part: what is written while it is judged."""

    def __init__(self, part: int) -> None:
        self._part = part
        self._out = np.zeros(4096, OUT_DTYPE)
        turns = turns_for(0, 0, len(self._out))
        self._turns = turns._replace(at=alone(turns.at))
        self.clock = alone(np.zeros(1, CLOCK_DTYPE))

    def judge(
        self, rules: Rules, stores: list[Store], reports: NDArray[np.void], clock: NDArray[np.void]
    ) -> tuple[NDArray[np.void], NDArray[np.int64]]:
        """Judge the part's own; returns its output rows, and where each belongs. `clock` is only read."""
        self._fit(len(reports), len(stores[self._part].info))
        at = self._turns.at[0]
        self._turns.at[:] = 0
        self.clock[:] = clock
        why = NEED_ROOM
        while why != DONE:
            why, wanted = advance(rules, stores[self._part], reports, self._turns, self.clock, self._out)
            if why == NEED_ROOM:
                stores[self._part] = with_room(stores[self._part])
            elif why != DONE:
                self._lengthen(max(2 * len(self._out), int(at["rows"]) + wanted))
        return self._out[: at["rows"]], self._turns.key[: at["rows"]]

    def slots_of(self, reports: NDArray[np.void]) -> NDArray[np.int32]:
        """By report of the last batch: its shipment, as `Turns.slot` has it."""
        return self._turns.slot[: len(reports)]

    def _fit(self, reports: int, slots: int) -> None:
        if reports > len(self._turns.slot) or slots != len(self._turns.group):
            turns = turns_for(max(reports, len(self._turns.slot)), slots, 0)
            self._turns = turns._replace(key=self._turns.key, at=self._turns.at)

    def _lengthen(self, size: int) -> None:
        out, key = np.zeros(size, OUT_DTYPE), np.zeros(size, np.int64)
        out[: len(self._out)], key[: len(self._out)] = self._out, self._turns.key
        self._out, self._turns = out, self._turns._replace(key=key)
