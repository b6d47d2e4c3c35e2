"""Many byte strings in one text: a column that is made, cut and scanned without an object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

PADDING = 32
"""Bytes after the last string: who scans reads whole words."""


class Texts(Sequence["bytes | None"]):
    """A list of `bytes | None`, as columns."""

    def __init__(self, text: bytes, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> None:
        """Where each string lies in `text`, which has PADDING more bytes; None stops before it starts."""
        self.text, self.starts, self.stops = text, starts, stops

    @classmethod
    def of(cls, values: Sequence[bytes | None]) -> Texts:
        """Strings one after the other; those that stand so already are left where they are."""
        if isinstance(values, Texts):
            return values
        given = values if None not in values else [value or b"" for value in values]
        text = b"".join([*given, bytes(PADDING)])  # type: ignore[list-item]  # no None is left
        sizes = np.fromiter(map(len, given), np.int64, len(given))  # type: ignore[arg-type]
        starts = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(sizes, out=starts[1:])
        if given is not values:
            sizes[[row for row, value in enumerate(values) if value is None]] = -1
        return cls(text, starts[:-1], starts[:-1] + sizes)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> bytes | None: ...
    @overload
    def __getitem__(self, at: slice) -> Texts: ...
    def __getitem__(self, at: int | slice) -> bytes | Texts | None:
        if isinstance(at, slice):
            return Texts(self.text, self.starts[at], self.stops[at])
        start, stop = int(self.starts[at]), int(self.stops[at])
        return None if stop < start else self.text[start:stop]

    def __iter__(self) -> Iterator[bytes | None]:
        text = self.text
        for start, stop in zip(self.starts.tolist(), self.stops.tolist(), strict=True):
            yield None if stop < start else text[start:stop]

    def take(self, rows: NDArray[np.intp]) -> Texts:
        """The strings at these places."""
        return Texts(self.text, self.starts[rows], self.stops[rows])
