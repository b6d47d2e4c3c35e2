"""How long a silence is, in both orders of time (judgement section 7): by `received`, and the hole in device time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.gate import is_trusted
from sealtrack.core.jit import helper
from sealtrack.core.pages import nth, page_of
from sealtrack.core.state import NOWHERE, RING, Fix, Row, Rules, Store
from sealtrack.core.terms import policy_at
from sealtrack.schema import FLAG_SIGHTING, NO_TIME

SLOWEST_MS = 600_000
"""The longest reporting interval that seals are set to."""
FEW = 3


@helper
def tail_start(store: Store, slot: int) -> Row:
    """Of the walk's state before the first report of the tail what START_DTYPE has."""
    return store.kept[slot]["start"]


@helper
def last_at(store: Store, slot: int, t_ms: int) -> int:
    """Index of the last row of the tail with time <= t_ms; -1 if none."""
    last = store.kept[slot]["count"] - 1
    if last < 0 or nth(store, slot, last)["time_ms"] <= t_ms:
        return last
    low, high = page_of(store, slot, t_ms)
    while low < high:
        middle = (low + high) // 2
        if nth(store, slot, middle)["time_ms"] <= t_ms:
            low = middle + 1
        else:
            high = middle
    return low - 1


@helper
def report_before(store: Store, slot: int, i: int) -> int:
    """Index of the last report of the tail before row `i` that is no sighting; -1 if none."""
    i -= 1
    while i >= 0 and nth(store, slot, i)["flags"] & FLAG_SIGHTING:
        i -= 1
    return i


@helper
def report_at(store: Store, slot: int, t_ms: int) -> int:
    """Index of the last report of the tail with time <= t_ms, sightings left out; -1 if none."""
    return report_before(store, slot, last_at(store, slot, t_ms) + 1)


@helper
def _insert(ordered: NDArray[np.float64], n: int, value: float) -> int:
    """Put a value among the first `n`, which are in order; returns n + 1."""
    i = n
    while i > 0 and ordered[i - 1] > value:
        ordered[i] = ordered[i - 1]
        i -= 1
    ordered[i] = value
    return n + 1


@helper
def interval_ms(store: Store, slot: int, t_ms: int) -> int:
    """The seal's reporting interval at `t_ms`: upper quartile of the last RING positive differences of time.

    SLOWEST_MS while fewer than FEW of them are known: the reports of fitting and arming come in quick succession.
    Differences that lie before the tail come from the ring of the walk's state at the tail's start.
    """
    ordered = store.ordered
    n = 0
    base = tail_start(store, slot)
    i = report_at(store, slot, t_ms)
    while i >= 0 and n < RING:
        at_ms = nth(store, slot, i)["time_ms"]
        i = report_before(store, slot, i)
        before_ms = nth(store, slot, i)["time_ms"] if i >= 0 else base["last_ms"]
        if before_ms != NO_TIME and at_ms > before_ms:
            n = _insert(ordered, n, at_ms - before_ms)
    j = base["ring_n"] - 1
    while i < 0 and n < RING and j >= 0 and j > base["ring_n"] - 1 - RING:
        n = _insert(ordered, n, base["ring_s"][j % RING] * 1e3)
        j -= 1
    if n < FEW:
        return SLOWEST_MS
    return int(ordered[3 * n // 4])


@helper
def limit_ms(rules: Rules, store: Store, slot: int, t_ms: int) -> int:
    """Silence longer than this, from `t_ms` on, is signal_loss."""
    policy = policy_at(rules, store, slot, t_ms)
    return max(int(1e3 * policy["silence_s"]), int(policy["silence_intervals"] * interval_ms(store, slot, t_ms)))


@helper
def hole(store: Store, slot: int, start_ms: int, end_ms: int) -> tuple[int, int]:
    """(from, to) of the largest step of device time between the last report at or before `start_ms` and the first at or
    after `end_ms`; the first of several.
    """
    kept = store.kept[slot]
    i = report_at(store, slot, start_ms)
    at_ms = start_ms
    if i >= 0:
        at_ms = nth(store, slot, i)["time_ms"]
    elif tail_start(store, slot)["last_ms"] != NO_TIME:
        at_ms = min(start_ms, tail_start(store, slot)["last_ms"])
    from_ms = to_ms = at_ms
    for j in range(max(0, i + 1), kept["count"]):
        report = nth(store, slot, j)
        if report["flags"] & FLAG_SIGHTING:
            continue
        next_ms = report["time_ms"]
        if next_ms - at_ms > to_ms - from_ms:
            from_ms, to_ms = at_ms, next_ms
        at_ms = next_ms
        if next_ms >= end_ms:
            return from_ms, to_ms
    return (at_ms, end_ms) if end_ms - at_ms > to_ms - from_ms else (from_ms, to_ms)


@helper
def fix_until(store: Store, slot: int, t_ms: int) -> Fix:
    """The last fix accepted as it was reported at or before `t_ms`."""
    i = last_at(store, slot, t_ms)
    while i >= 0 and not is_trusted(nth(store, slot, i)):
        i -= 1
    if i >= 0:
        report = nth(store, slot, i)
        return report["time_ms"], report["lat"], report["lon"]
    raw = tail_start(store, slot)["raw"]
    return (raw["ms"], raw["lat"], raw["lon"]) if raw["ms"] != NO_TIME else NOWHERE


@helper
def fix_from(store: Store, slot: int, t_ms: int) -> Fix:
    """The first fix accepted as it was reported at or after `t_ms`."""
    for i in range(last_at(store, slot, t_ms - 1) + 1, store.kept[slot]["count"]):
        report = nth(store, slot, i)
        if is_trusted(report):
            return report["time_ms"], report["lat"], report["lon"]
    return NOWHERE
