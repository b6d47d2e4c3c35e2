"""What has been published of each shipment, and what must be published next (judgement section 9).

The kernels write rows; the ledger keeps, for every alert, the walk's versions with the report time at which each was
written, and the clock's current word over them. A late report voids versions after a moment; whatever then differs from
what was published becomes a new version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.state import BEGIN, END, LATE, OUT_DTYPE, SILENCE, STEP, VIEW

Key = tuple[int, int]
"""(rule, start_ms): what makes an alert of a shipment the same alert."""


@dataclass(slots=True)
class Entry:
    """One alert."""

    steps: list[np.void] = field(default_factory=list)
    """The walk's versions, in order of `step_ms`; before them a LATE row, if any."""
    view: np.void | None = None
    """The clock's word; it stands over the walk's."""
    version: int = 0
    published: np.void | None = None
    """The row that was published last; None after a retraction."""

    def current(self) -> np.void | None:
        """What holds now; None when the alert has no ground any more."""
        if self.view is not None:
            return self.view
        return self.steps[-1] if self.steps else None


@dataclass(frozen=True, slots=True)
class Change:
    """A new version to publish. `row` is None for a retraction; then `before` is what had been published."""

    slot: int
    key: Key
    version: int
    row: np.void | None
    before: np.void | None


class Ledger:
    """All shipments' alerts, by slot."""

    def __init__(self) -> None:
        self.entries: dict[int, dict[Key, Entry]] = {}
        self._open_bracket: tuple[int, set[Key]] | None = None

    def items(self) -> Iterator[tuple[int, Key, Entry]]:
        """Every alert ever: (slot, key, entry)."""
        for slot, entries in self.entries.items():
            for key, entry in entries.items():
                yield slot, key, entry

    def take(self, rows: NDArray[np.void]) -> Iterator[Change]:
        """Take output rows of the kernels in order; yields what to publish."""
        for row in rows.copy():
            kind = row["type"]
            slot = int(row["slot"])
            if kind == BEGIN:
                self._open_bracket = (slot, self._void(slot, int(row["step_ms"]), int(row["start_ms"])))
            elif kind == END:
                bracket, self._open_bracket = self._open_bracket, None
                if bracket is not None:
                    yield from self._publish(slot, sorted(bracket[1]))
            else:
                key = self._record(slot, row)
                if self._open_bracket is None:
                    yield from self._publish(slot, [key])
                else:
                    self._open_bracket[1].add(key)

    def _record(self, slot: int, row: np.void) -> Key:
        key = (int(row["kind"]), int(row["start_ms"]))
        entry = self.entries.setdefault(slot, {}).setdefault(key, Entry())
        if row["type"] == VIEW:
            entry.view = row
        elif row["type"] == LATE:
            _put_late(entry, row)
        else:
            entry.steps.append(row)
        return key

    def _void(self, slot: int, after_ms: int, floor_ms: int) -> set[Key]:
        """Drop the walk's versions written after `after_ms` and the clock's word; returns the alerts touched.

        Silences that began before `floor_ms` are settled: their reports are no longer kept.
        """
        touched = set()
        for key, entry in self.entries.get(slot, {}).items():
            if entry.view is not None and not (key[0] == SILENCE and key[1] < floor_ms):
                entry.view = None
                touched.add(key)
            while entry.steps and entry.steps[-1]["type"] == STEP and entry.steps[-1]["step_ms"] > after_ms:
                entry.steps.pop()
                touched.add(key)
        return touched

    def _publish(self, slot: int, keys: list[Key]) -> Iterator[Change]:
        for key in keys:
            entry = self.entries[slot][key]
            row = entry.current()
            if same(row, entry.published):
                continue
            entry.version += 1
            yield Change(slot, key, entry.version, row, entry.published)
            entry.published = row


def _put_late(entry: Entry, row: np.void) -> None:
    """Of several late reports of one moment the one received first counts, whatever the order of reading."""
    first = entry.steps[0] if entry.steps and entry.steps[0]["type"] == LATE else None
    if first is None:
        entry.steps.insert(0, row)
    elif _arrival(row) < _arrival(first):
        entry.steps[0] = row


def _arrival(row: np.void) -> tuple[int, int, int]:
    return int(row["detected_ms"]), int(row["partition"]), int(row["first_offset"])


_UNSAID = {"type", "step_ms"}
_SAID = [name for name in OUT_DTYPE.names or () if name not in _UNSAID]


_DIGITS = {"lat": 6, "lon": 6, "peak": 1, "start_route_m": 0, "end_route_m": 0}
"""An alert says these rounded so (`sealtrack.evidence`): a mean that a late fix moves by a millimetre is no news."""


def same(a: np.void | None, b: np.void | None) -> bool:
    """True when two rows say the same of an alert."""
    if a is None or b is None:
        return a is b
    return all(_same(name, a[name], b[name]) for name in _SAID)


def _same(name: str, a: Any, b: Any) -> bool:
    if a == b:
        return True
    if name not in _DIGITS:
        return False
    if np.isnan(a) or np.isnan(b):
        return bool(np.isnan(a) and np.isnan(b))
    return round(float(a), _DIGITS[name]) == round(float(b), _DIGITS[name])
