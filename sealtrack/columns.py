"""Reports as columns: the form in which they travel from the wire to the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sealtrack.schema import FLAG_SIGHTING, NO_TIME, REPORT_DTYPE, Report, Sighting, fields
from sealtrack.whole_rows import copied, joined, picked


@dataclass(frozen=True, slots=True)
class Reports:
    """A batch of reports in reading order.

    `rows` is one structured array of `REPORT_DTYPE`; `rows["lat"]` is a column. Text is dictionary-encoded: the `seal`
    and `card` columns index `seals` and `cards` (card -1 = none). `received_ms` is always set by the adapter. A
    row with FLAG_SIGHTING is no report: its `seq` is the index of a sighting in `sightings`, and it has no seal yet.
    """

    rows: NDArray[np.void]
    seals: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> Self:
        return replace(self, rows=self.rows[part])

    def take(self, order: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """These rows, in this order."""
        return replace(self, rows=picked(self.rows, order))


def blank_rows(n: int) -> NDArray[np.void]:
    """`n` packed rows with every column at its `missing` value, times at NO_TIME."""
    row = np.zeros(1, REPORT_DTYPE)
    for item in fields(Report):
        if item.f.column:
            row[item.f.column] = item.f.missing
    row["time_ms"] = row["received_ms"] = NO_TIME
    return np.repeat(row, n)  # a column at a time would touch all of them once for each


def clean(rows: NDArray[np.void]) -> NDArray[np.void]:
    """A copy with zeros between the fields, where numpy leaves what was there: for snapshots, which hold the bytes."""
    copies = np.zeros(len(rows), REPORT_DTYPE)
    for name in REPORT_DTYPE.names or ():
        copies[name] = rows[name]
    return copies


def pack_sightings(sightings: Sequence[Sighting], offsets: Sequence[int] | None = None, partition: int = 0) -> Reports:
    """Sightings as a batch: `time` and `received` (else `time`), and where each was read.

    `partition` is stored as -1 - partition: it is none of the reports' own.
    """
    rows = blank_rows(len(sightings))
    rows["time_ms"] = [sighting.time for sighting in sightings]
    rows["received_ms"] = [s.time if s.received is None else s.received for s in sightings]
    rows["offset"] = np.arange(len(sightings)) if offsets is None else offsets
    rows["partition"] = -1 - partition
    rows["flags"] = FLAG_SIGHTING
    rows["seq"] = np.arange(len(sightings))
    return Reports(rows, sightings=list(sightings))


def concat(batches: list[Reports]) -> Reports:
    """One batch holding all rows in order; the text dictionaries are merged, sightings without a row left out."""
    seals: dict[str, int] = {}
    cards: dict[str, int] = {}
    sightings: list[Sighting] = []
    parts = []
    for batch in batches:
        rows = copied(batch.rows)
        rows["seal"] = recode(rows["seal"], [seals.setdefault(name, len(seals)) for name in batch.seals])
        rows["card"] = recode(rows["card"], [cards.setdefault(name, len(cards)) for name in batch.cards])
        if batch.sightings:
            kept = np.flatnonzero(rows["flags"] & FLAG_SIGHTING)
            held = [batch.sightings[index] for index in rows["seq"][kept].tolist()]
            rows["seq"][kept] = np.arange(len(sightings), len(sightings) + len(held))
            sightings += held
        parts.append(rows)
    return Reports(joined(parts) if parts else blank_rows(0), list(seals), list(cards), sightings)


def recode(codes: NDArray[np.int32], table: list[int]) -> NDArray[np.int32]:
    """Replace each code by its entry in `table`; -1 (none) stays."""
    return np.array([*table, -1], np.int32)[codes]
