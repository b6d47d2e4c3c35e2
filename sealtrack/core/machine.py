"""The one state machine behind every interval rule (judgement section 4).

A rule says a level for a report; the machine turns levels into episodes. What differs between rules stands in `TABLE`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.jit import helper
from sealtrack.core.state import (
    ANOMALY,
    DEVIATION,
    FORBIDDEN,
    JAMMING,
    LOW_BATTERY,
    N_RULES,
    OPENING,
    REVERSAL,
    SEPARATION,
    SPEEDING,
    STOP,
    TAMPER,
    Row,
)

ENTER, NEITHER, EXIT, UNKNOWN = 2, 1, 0, -1
"""Levels."""
IDLE, PENDING, OPEN = 0, 1, 2
"""Phases."""
NOTHING, OPENED, UPDATED, CLOSED = range(4)
"""What `advance_machine` did."""

FIRST_UPDATE_MS = 60_000


class Rule(NamedTuple):
    """A rule's hold and exit: policy names or plain numbers; times in seconds."""

    hold_fixes: str | float = 1
    hold_s: str | float = math.inf
    exit_fixes: str | float = 1


TABLE: dict[int, Rule] = {
    DEVIATION: Rule(hold_fixes="deviation_fixes", hold_s="deviation_s", exit_fixes="deviation_exit_fixes"),
    STOP: Rule(),
    OPENING: Rule(),
    TAMPER: Rule(),
    ANOMALY: Rule(),
    FORBIDDEN: Rule(hold_fixes="forbidden_fixes", exit_fixes=2),
    REVERSAL: Rule(hold_fixes=3, hold_s=60, exit_fixes=2),
    SPEEDING: Rule(hold_fixes="speeding_fixes", hold_s="speeding_s", exit_fixes=2),
    JAMMING: Rule(hold_fixes=math.inf, hold_s="jamming_s"),
    LOW_BATTERY: Rule(hold_fixes=2, exit_fixes=2),
    SEPARATION: Rule(hold_fixes=2, exit_fixes=2),
}
"""Rules that are intervals of reports. signal_loss, overdue and silent_shipment are not: the clock judges them."""

MACHINE_DTYPE = np.dtype([("hold_fixes", "f8"), ("hold_ms", "f8"), ("exit_fixes", "f8")])


def machine_table(policies: NDArray[np.void]) -> NDArray[np.void]:
    """TABLE with the numbers of each POLICY_DTYPE row: (policy, rule) of MACHINE_DTYPE."""
    table = np.zeros((len(policies), N_RULES), MACHINE_DTYPE)
    for rule, row in TABLE.items():
        for name, value in row._asdict().items():
            numbers: Any = policies[value] if isinstance(value, str) else value
            seconds = name.endswith("_s")
            table[name[:-2] + "_ms" if seconds else name][:, rule] = numbers * (1000.0 if seconds else 1.0)
    return table


@helper
def advance_machine(
    trip: Row, k: int, row: Row, level: int, t_ms: int, since_ms: int, severity: int, events: int
) -> int:
    """Advance rule `k` by one report at `t_ms`; returns NOTHING, OPENED, UPDATED or CLOSED.

    `since_ms` back-dates an episode that this report enters. After CLOSED, `miss_ms[k]` is the end. Place
    and evidence are the caller's: `episode.begin` before level 2 in phase IDLE, `episode.gather` at each level 2.
    """
    phase = trip["phase"][k]
    if level == ENTER:
        return _enter(trip, k, row, phase, t_ms, since_ms, severity, events)
    if phase == IDLE or level == UNKNOWN:
        return NOTHING
    if level == EXIT and phase == PENDING:
        trip["phase"][k] = IDLE  # two spikes with a good fix between them are no episode
        return NOTHING
    if level == NEITHER and phase == OPEN:
        trip["miss"][k] = 0
        return NOTHING
    if trip["miss"][k] == 0:
        trip["miss_ms"][k] = t_ms
    trip["miss"][k] += 1
    if trip["miss"][k] < row["exit_fixes"]:
        return NOTHING
    trip["phase"][k] = IDLE
    return CLOSED if phase == OPEN else NOTHING


@helper
def _enter(trip: Row, k: int, row: Row, phase: int, t_ms: int, since_ms: int, severity: int, events: int) -> int:
    if phase == IDLE:
        trip["phase"][k] = PENDING
        trip["since_ms"][k] = since_ms
        trip["count"][k] = 0
        trip["events"][k] = 0
        trip["severity"][k] = 0
    trip["count"][k] += 1
    trip["miss"][k] = 0
    trip["last_ms_2"][k] = t_ms
    fresh = events & ~trip["events"][k]
    trip["events"][k] |= events
    worse = severity > trip["severity"][k]
    trip["severity"][k] = max(severity, trip["severity"][k])
    held_ms = t_ms - trip["since_ms"][k]
    if trip["phase"][k] == PENDING:
        count = trip["count"][k]
        if events == 0 and count < row["hold_fixes"] and (count < 2 or held_ms < row["hold_ms"]):
            return NOTHING  # what the device says itself needs no hold
        trip["phase"][k] = OPEN
    elif not (worse or fresh or t_ms >= trip["next_ms"][k]):
        return NOTHING
    action = UPDATED if phase == OPEN else OPENED
    trip["next_ms"][k] = trip["since_ms"][k] + 2 * max(held_ms, FIRST_UPDATE_MS)
    return action
