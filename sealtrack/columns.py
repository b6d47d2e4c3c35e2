"""Reports as columns: the form in which they travel from the wire to the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sealtrack.schema import NO_TIME, REPORT_DTYPE, Report, fields


@dataclass(frozen=True, slots=True)
class Reports:
    """A batch of reports in reading order.

    `rows` is one structured array of `REPORT_DTYPE`; `rows["lat"]` is a column. Text is dictionary-encoded: the `seal`
    and `card` columns index `seals` and `cards` (card -1 = none). `received_ms` is always set by the adapter.
    """

    rows: NDArray[np.void]
    seals: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> Self:
        return type(self)(self.rows[part], self.seals, self.cards)


def blank_rows(n: int) -> NDArray[np.void]:
    """`n` packed rows with every column at its `missing` value, times at NO_TIME."""
    rows = np.zeros(n, REPORT_DTYPE)
    for item in fields(Report):
        if item.f.column:
            rows[item.f.column] = item.f.missing
    rows["time_ms"] = rows["received_ms"] = NO_TIME
    return rows


def concat(batches: list[Reports]) -> Reports:
    """One batch holding all rows in order; the text dictionaries are merged."""
    seals: dict[str, int] = {}
    cards: dict[str, int] = {}
    parts = []
    for batch in batches:
        rows = batch.rows.copy()
        rows["seal"] = recode(rows["seal"], [seals.setdefault(name, len(seals)) for name in batch.seals])
        rows["card"] = recode(rows["card"], [cards.setdefault(name, len(cards)) for name in batch.cards])
        parts.append(rows)
    return Reports(np.concatenate(parts) if parts else blank_rows(0), list(seals), list(cards))


def recode(codes: NDArray[np.int32], table: list[int]) -> NDArray[np.int32]:
    """Replace each code by its entry in `table`; -1 (none) stays."""
    return np.array([*table, -1], np.int32)[codes]
