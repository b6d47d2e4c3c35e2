"""Clean values to packed rows, and the rules for rows that are partly unreadable.

A seal event is never lost to a bad neighbour field. A row needs `seal_id` and `time`; all else is dropped field by
field, each with a `Rejected` that names it. A row whose time cannot be read but which carries lock status or events is
judged at the moment it was received, without its position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import Reports, blank_rows
from sealtrack.errors import Rejected
from sealtrack.io.codecs.wire import REPORT_FIELDS, Fault
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, NO_TIME, Event, FieldType, Lock
from sealtrack.whole_rows import picked

_OTHER = EVENT_BIT[Event.other]
_COLUMN = {"seal_id": "seal", "card": "card"}
_LOCK_CODE = {lock.name: int(lock) for lock in Lock}


@dataclass
class Draft:
    """Packed rows with what could not be read in them. Text codes index the insertion order of `seals` and `cards`."""

    rows: NDArray[np.void]
    seals: dict[str, int] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class Coded(NamedTuple):
    """A column that names each of its values once."""

    values: list[Any]
    """Each of them occurs; None for one that cannot be read."""
    codes: NDArray[np.int32]
    """By row, an index of `values`; -1 = none."""


def draft_of(columns: Mapping[str, Any], n: int, faults: list[Fault]) -> Draft:
    """Pack `n` rows from clean columns by wire name; a field without a column is missing in every row.

    Numbers and times are arrays that hold the packed column's missing value where absent, all else lists with None, or
    Coded.
    """
    draft = Draft(blank_rows(n), faults=faults)
    rows = draft.rows
    for item in REPORT_FIELDS:
        if item.f.type in (FieldType.TIME, FieldType.FLOAT, FieldType.INT) and item.name in columns:
            rows[item.f.column] = columns[item.name]
    for name, names in (("seal_id", draft.seals), ("card", draft.cards)):
        if name in columns:
            rows[_COLUMN[name]] = _each(columns[name], partial(_code, names), -1)
    if "lock" in columns:
        rows["lock"] = _each(columns["lock"], _LOCK_CODE.__getitem__, 0)
    if "events" in columns:
        rows["events"] = _each(columns["events"], event_bits, 0)
    if "valid" in columns:
        rows["flags"] |= _each(columns["valid"], lambda flag: 0 if flag else FLAG_INVALID, 0).astype(np.uint8)
    if "buffered" in columns:
        rows["flags"] |= _each(columns["buffered"], lambda flag: FLAG_BUFFERED if flag else 0, 0).astype(np.uint8)
    return draft


def _each(column: Sequence[Any] | Coded, pack: Callable[[Any], int], absent: int) -> NDArray[np.int64]:
    """`pack` of each value, `absent` for None."""
    values = column.values if isinstance(column, Coded) else column
    packed = np.array([*(absent if value is None else pack(value) for value in values), absent], np.int64)
    return packed[column.codes] if isinstance(column, Coded) else packed[:-1]


def _code(known: dict[str, int], name: str) -> int:
    """The dictionary code of a name; a new one is added."""
    return known.setdefault(name, len(known))


def event_bits(names: Iterable[str]) -> int:
    """The packed `events` value; names that nobody declared set the bit `other`."""
    bits = 0
    for name in names:
        bits |= EVENT_BIT.get(name) or EVENT_BIT.get(name.strip().lower(), _OTHER)
    return bits


def settle(draft: Draft, source: str, value_of: Callable[[int], bytes]) -> tuple[Reports, list[Rejected]]:
    """Apply the rules above; `value_of(row)` gives a faulty row as it came."""
    rows, faults = draft.rows, draft.faults
    named = defaultdict(set)
    for fault in faults:
        named[fault.row].add(fault.field)
    _require_pairs(rows, named, faults)
    untimed = rows["time_ms"] == NO_TIME
    judged = _judge_when_received(rows, untimed) if untimed.any() else untimed
    unnamed = rows["seal"] < 0
    for name, absent in (("seal_id", unnamed), ("time", untimed)):
        for row in map(int, np.flatnonzero(absent)):
            if not named[row] & {name, ""}:
                faults.append(Fault(row, name, "missing", f"{name} is required and absent"))
    keep = ~unnamed & (~untimed | judged)
    rejected = [_rejected(fault, rows[fault.row], source, value_of, kept=bool(keep[fault.row])) for fault in faults]
    rejected.sort(key=lambda one: one.offset)
    kept = rows if keep.all() else picked(rows, keep)
    return Reports(kept, list(draft.seals), list(draft.cards)), rejected


def _judge_when_received(rows: NDArray[np.void], untimed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a report without a time says something of its lock: it takes the time it was received."""
    judged: NDArray[np.bool_] = (
        untimed & (rows["received_ms"] != NO_TIME) & ((rows["lock"] != 0) | (rows["events"] != 0))
    )
    rows["time_ms"][judged] = rows["received_ms"][judged]
    for column in ("lat", "lon"):
        rows[column][judged] = np.nan
    return judged


def _require_pairs(rows: NDArray[np.void], named: dict[int, set[str]], faults: list[Fault]) -> None:
    """A latitude without its longitude (or the reverse) is no position."""
    no_lat, no_lon = np.isnan(rows["lat"]), np.isnan(rows["lon"])
    if np.array_equal(no_lat, no_lon):
        return
    for row in map(int, np.flatnonzero(no_lat != no_lon)):
        if not named[row] & {"lat", "lon"}:
            absent, given = ("lat", "lon") if no_lat[row] else ("lon", "lat")
            faults.append(Fault(row, absent, "missing", f"{given} without {absent}; give both or neither"))
    rows["lat"][no_lon] = np.nan
    rows["lon"][no_lat] = np.nan


def _rejected(fault: Fault, row: np.void, source: str, value_of: Callable[[int], bytes], *, kept: bool) -> Rejected:
    if not kept:
        outcome = "the report is not used"
    elif fault.field == "time":
        outcome = "the report is judged at the time it was received, without its position"
    elif fault.field in ("lat", "lon"):
        outcome = "the report is used without its position"
    else:
        outcome = "the report is used without it"
    partition, offset = int(row["partition"]), int(row["offset"])
    message = f"{fault.message}; {outcome}"
    return Rejected(source, partition, offset, fault.field, fault.reason, message, value_of(fault.row))
