"""A promise and what was measured."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One line of the table."""

    what: str
    target: str
    result: str
    met: bool | None
    """None: not measured."""
    figures: Mapping[str, Any] = MappingProxyType({})
    """What the result was made of, for results/speed.json."""
    why: str = ""
    """Why it falls short and what was tried; told where it does."""


def cpu_s(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time that `work` takes, of all its threads: the best of `times`, the collector off.

    Not of the clock, so that whatever else the machine does counts as little as it can.
    """
    return cpu_and_clock_s(work, times)[0]


def cpu_and_clock_s(work: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """The same, and the best by the clock, for work that several threads do."""
    best_s = clock_s = float("inf")
    gc.collect()
    gc.disable()
    try:
        for _ in range(times):
            started_s, started_clock_s = time.process_time(), time.perf_counter()
            work()
            best_s = min(best_s, time.process_time() - started_s)
            clock_s = min(clock_s, time.perf_counter() - started_clock_s)
    finally:
        gc.enable()
    return best_s, clock_s


def million(per_s: float) -> str:
    """`1.23 M/s`."""
    return f"{per_s / 1e6:.2f} M/s" if per_s >= 1e5 else f"{per_s / 1e3:.1f} k/s"
