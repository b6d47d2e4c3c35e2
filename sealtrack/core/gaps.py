"""What was heard of a seal, in the order of `received` (judgement section 7).

The gaps between heard stamps are kept, not the stamps: inserting a stamp splits or bounds a gap, so the list is a
function of the set of stamps whatever the order in which they are read.
"""

from __future__ import annotations

from sealtrack.core.jit import helper
from sealtrack.core.state import MAX_GAPS, Row
from sealtrack.schema import NO_TIME


@helper
def _add_gap(kept: Row, start_ms: int, end_ms: int, at_least_ms: int) -> bool:
    """Insert a gap in order of time if it is long enough; a full list forgets its oldest."""
    if end_ms - start_ms <= at_least_ms or start_ms < kept["gap_floor_ms"]:
        return False
    if kept["gaps"] == MAX_GAPS:
        kept["gap_floor_ms"] = kept["gap_start_ms"][0] + 1
        _remove_gap(kept, 0)
    i = kept["gaps"]
    while i > 0 and kept["gap_start_ms"][i - 1] > start_ms:
        kept["gap_start_ms"][i] = kept["gap_start_ms"][i - 1]
        kept["gap_end_ms"][i] = kept["gap_end_ms"][i - 1]
        i -= 1
    kept["gap_start_ms"][i] = start_ms
    kept["gap_end_ms"][i] = end_ms
    kept["gaps"] += 1
    kept["settle_ms"] = max(kept["settle_ms"], end_ms)
    return True


@helper
def _remove_gap(kept: Row, i: int) -> None:
    kept["gaps"] -= 1
    for j in range(i, kept["gaps"]):
        kept["gap_start_ms"][j] = kept["gap_start_ms"][j + 1]
        kept["gap_end_ms"][j] = kept["gap_end_ms"][j + 1]


@helper
def hear(kept: Row, received_ms: int, at_least_ms: int) -> bool:
    """Note that the seal was heard; True when a gap longer than `at_least_ms` appeared, shrank or went."""
    if kept["first_heard_ms"] == NO_TIME:
        kept["first_heard_ms"] = kept["last_heard_ms"] = received_ms
        return False
    if received_ms >= kept["last_heard_ms"]:
        changed = _add_gap(kept, kept["last_heard_ms"], received_ms, at_least_ms)
        kept["last_heard_ms"] = received_ms
        return changed
    if received_ms < kept["first_heard_ms"]:
        changed = _add_gap(kept, received_ms, kept["first_heard_ms"], at_least_ms)
        kept["first_heard_ms"] = received_ms
        return changed
    for i in range(kept["gaps"]):
        start_ms, end_ms = kept["gap_start_ms"][i], kept["gap_end_ms"][i]
        if start_ms < received_ms < end_ms:
            _remove_gap(kept, i)
            _add_gap(kept, start_ms, received_ms, at_least_ms)
            _add_gap(kept, received_ms, end_ms, at_least_ms)
            return True
    return False


@helper
def forget_gaps_before(kept: Row, t_ms: int) -> None:
    """Gaps that began before the tail can no longer change: what was said of them stands."""
    while kept["gaps"] > 0 and kept["gap_start_ms"][0] < t_ms:
        _remove_gap(kept, 0)
    kept["gap_floor_ms"] = max(kept["gap_floor_ms"], t_ms)
