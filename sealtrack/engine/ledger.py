"""What holds of each shipment now, by the kernels' rows.

For every alert the walk's versions, with the report time at which each was written, and the clock's current word over
them. A late report voids versions after a moment; what then holds is what the rows that are left say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sealtrack.core.state import BEGIN, END, LATE, SILENCE, STEP, VIEW
from sealtrack.engine.rows import Row, said

Key = tuple[int, int]
"""(rule, start_ms): what makes an alert of a shipment the same alert."""


@dataclass(slots=True)
class Entry:
    """One alert, or one episode of a rule that alerts nobody."""

    steps: list[Row] = field(default_factory=list)
    """The walk's versions, in order of `step_ms`; before them a LATE row, if any."""
    view: Row | None = None
    """The clock's word; it stands over the walk's."""
    told: tuple[Any, ...] | None = None
    """What it said when its change was told last."""

    def current(self) -> Row | None:
        """What holds now; None when the alert has no ground any more."""
        if self.view is not None:
            return self.view
        return self.steps[-1] if self.steps else None


class Ledger:
    """All shipments' facts, by slot."""

    def __init__(self) -> None:
        self.entries: dict[int, dict[Key, Entry]] = {}
        self._open_bracket: tuple[int, set[Key]] | None = None

    def items(self) -> Iterator[tuple[int, Key, Entry]]:
        """Everything that holds: (slot, key, entry)."""
        for slot, entries in self.entries.items():
            for key, entry in entries.items():
                yield slot, key, entry

    def current(self, slot: int, key: Key) -> Row | None:
        """The row that holds of an alert now; None if it has no ground."""
        entry = self.entries.get(slot, {}).get(key)
        return None if entry is None else entry.current()

    def standing(self, slot: int, rules: tuple[int, ...]) -> list[Row]:
        """The rows of these rules that hold now, in no order."""
        entries = self.entries.get(slot, {})
        rows = (entry.current() for key, entry in entries.items() if key[0] in rules)
        return [row for row in rows if row is not None]

    def doubt(self, slot: int) -> None:
        """What holds of a shipment may say something else though its facts stay: told anew when it is walked again."""
        for entry in self.entries.get(slot, {}).values():
            entry.told = ()

    def take(self, row: Row) -> list[Key]:
        """Take an output row of the kernels; returns the keys of whose alerts something else holds now."""
        kind = row.type
        slot = row.slot
        if kind == BEGIN:
            self._open_bracket = (slot, self._void(slot, row.step_ms, row.start_ms))
            return []
        if kind == END:
            bracket, self._open_bracket = self._open_bracket, None
            return [] if bracket is None else self._changed(slot, sorted(bracket[1]))
        key = self._record(slot, row)
        if self._open_bracket is None:
            return self._changed(slot, [key])
        self._open_bracket[1].add(key)
        return []

    def _record(self, slot: int, row: Row) -> Key:
        key = (row.kind, row.start_ms)
        entry = self.entries.setdefault(slot, {}).setdefault(key, Entry())
        if row.type == VIEW:
            entry.view = row
        elif row.type == LATE:
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
            while entry.steps and entry.steps[-1].type == STEP and entry.steps[-1].step_ms > after_ms:
                entry.steps.pop()
                touched.add(key)
        return touched

    def _changed(self, slot: int, keys: list[Key]) -> list[Key]:
        """Those of the keys that say something else than when they were told last."""
        entries = self.entries.get(slot, {})
        changed = []
        for key in keys:
            entry = entries[key]
            row = entry.current()
            says = None if row is None else said(row)
            if says != entry.told:
                entry.told = says
                changed.append(key)
            if row is None:
                del entries[key]
        return changed


def _put_late(entry: Entry, row: Row) -> None:
    """Of several late reports of one moment the one received first counts, whatever the order of reading."""
    first = entry.steps[0] if entry.steps and entry.steps[0].type == LATE else None
    if first is None:
        entry.steps.insert(0, row)
    elif _arrival(row) < _arrival(first):
        entry.steps[0] = row


def _arrival(row: Row) -> tuple[int, int, int]:
    return row.detected_ms, row.partition, row.first_offset
