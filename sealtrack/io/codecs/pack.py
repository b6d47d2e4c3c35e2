"""Clean values to packed rows, and the rules for rows that are partly unreadable.

A seal event is never lost to a bad neighbour field. A row needs `seal_id` and `time`; all else is dropped field by
field, each with a `Rejected` that names it. A row whose time cannot be read but which carries lock status or events is
judged at the moment it was received, without its position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import Reports, blank_rows
from sealtrack.errors import Rejected
from sealtrack.io.codecs.wire import REPORT_FIELDS, Fault
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, NO_TIME, Event, FieldType, Lock

_OTHER = EVENT_BIT[Event.other]
_LOCK_CODE = {lock.name: int(lock) for lock in Lock}


@dataclass
class Draft:
    """Packed rows with what could not be read in them. Text codes index the insertion order of `seals` and `cards`."""

    rows: NDArray[np.void]
    seals: dict[str, int] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def draft_of(columns: Mapping[str, Any], n: int, faults: list[Fault]) -> Draft:
    """Pack `n` rows from clean columns by wire name; a field without a column is missing in every row.

    Numbers and times are arrays that hold the packed column's missing value where absent, all else lists with None.
    """
    draft = Draft(blank_rows(n), faults=faults)
    rows = draft.rows
    for item in REPORT_FIELDS:
        if item.f.type in (FieldType.TIME, FieldType.FLOAT, FieldType.INT) and item.name in columns:
            rows[item.f.column] = columns[item.name]
    if "seal_id" in columns:
        rows["seal"] = codes(columns["seal_id"], draft.seals)
    if "card" in columns:
        rows["card"] = codes(columns["card"], draft.cards)
    if "lock" in columns:
        rows["lock"] = [0 if name is None else _LOCK_CODE[name] for name in columns["lock"]]
    if "events" in columns:
        rows["events"] = [event_bits(names) if names else 0 for names in columns["events"]]
    if "valid" in columns:
        rows["flags"] |= np.array([FLAG_INVALID * (flag is False) for flag in columns["valid"]], np.uint8)
    if "buffered" in columns:
        rows["flags"] |= np.array([FLAG_BUFFERED * (flag is True) for flag in columns["buffered"]], np.uint8)
    return draft


def codes(names: Iterable[str | None], known: dict[str, int]) -> NDArray[np.int32]:
    """Dictionary codes of `names`, -1 for None; new names are added to `known`."""
    return np.array([-1 if name is None else known.setdefault(name, len(known)) for name in names], np.int32)


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
    judged = untimed & (rows["received_ms"] != NO_TIME) & ((rows["lock"] != 0) | (rows["events"] != 0))
    rows["time_ms"][judged] = rows["received_ms"][judged]
    for column in ("lat", "lon"):
        rows[column][judged] = np.nan
    unnamed = rows["seal"] < 0
    for name, absent in (("seal_id", unnamed), ("time", untimed)):
        for row in map(int, np.flatnonzero(absent)):
            if not named[row] & {name, ""}:
                faults.append(Fault(row, name, "missing", f"{name} is required and absent"))
    keep = ~unnamed & (~untimed | judged)
    rejected = [_rejected(fault, rows[fault.row], source, value_of, kept=bool(keep[fault.row])) for fault in faults]
    rejected.sort(key=lambda one: one.offset)
    kept = rows if keep.all() else rows[keep]
    return Reports(kept, list(draft.seals), list(draft.cards)), rejected


def _require_pairs(rows: NDArray[np.void], named: dict[int, set[str]], faults: list[Fault]) -> None:
    """A latitude without its longitude (or the reverse) is no position."""
    no_lat, no_lon = np.isnan(rows["lat"]), np.isnan(rows["lon"])
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
