"""Recorded feeds as one, read by a thread of its own: most of reading, and of judging, holds no lock of Python's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from sealtrack.beside import beside
from sealtrack.columns import Reports, blank_rows, recode
from sealtrack.errors import Rejected
from sealtrack.io.files import read_reports
from sealtrack.schema import NO_TIME
from sealtrack.whole_rows import joined


class Whole:
    """All that was read."""

    def __init__(self, parts: list[Reports], names: tuple[list[str], list[str]], rejected: list[Rejected]) -> None:
        """`names` are the seals and the cards of all parts."""
        self._parts, self._names = parts, names
        self.count = sum(map(len, parts))
        self.rejected = rejected

    @cached_property
    def reports(self) -> Reports:
        """In the order of `received`; those received together as they were read. `partition` is the number of the feed.

        Joined when first asked for: it takes as long as reading half of them.
        """
        rows = joined([part.rows for part in self._parts]) if self._parts else blank_rows(0)
        self._parts = []
        return by_received(Reports(rows, *self._names))


class Feeds:
    """Files, one after another; reading begins at once."""

    def __init__(self, paths: Sequence[str | PathLike[str]]) -> None:
        self._paths = paths
        self._read: SimpleQueue[Reports | int | None] = SimpleQueue()
        self._seals: dict[str, int] = {}
        self._cards: dict[str, int] = {}
        self._names: tuple[list[str], list[str]] = ([], [])
        self._whole = beside(self._all)

    def in_order(self, tell: Callable[[int, int], None]) -> Iterator[Reports]:
        """What was read, as soon as it was, up to what was received before it; `tell` is told bytes read, and in all.

        InputError: a file as a whole cannot be read.
        """
        total = sum(_sizes(self._paths))
        latest_ms, is_in_order = NO_TIME, True
        while (part := self._read.get()) is not None:
            if self._whole.done():
                self._whole.result()  # raises what the thread has met
            if isinstance(part, int):
                tell(part, total)
                continue
            received = part.rows["received_ms"]
            is_in_order = is_in_order and _is_sorted(part) and (not len(part) or bool(received[0] >= latest_ms))
            if is_in_order and len(part):
                latest_ms = int(received[-1])
                yield part

    def whole(self) -> Whole:
        """Everything; waits for it."""
        return self._whole.result()

    def _all(self) -> Whole:
        parts: list[Reports] = []
        rejected: list[Rejected] = []
        try:
            before = 0
            for number, (path, size) in enumerate(zip(self._paths, _sizes(self._paths), strict=True)):
                for reports, bad in read_reports(path, on_progress=self._after(before)):
                    reports.rows["partition"] = number  # so that an alert's evidence names the feed beside the row
                    parts.append(self._renamed(reports))
                    self._read.put(parts[-1])
                    rejected += bad
                before += size
            return Whole(parts, self._names, rejected)
        finally:
            self._read.put(None)

    def _after(self, before: int) -> Callable[[int, int], None]:
        """Progress in one file as progress in all of them."""
        return lambda done, _size: self._read.put(before + done)

    def _renamed(self, reports: Reports) -> Reports:
        """With codes that all parts share; a part's lists hold the names up to it."""
        rows = reports.rows
        rows["seal"] = recode(rows["seal"], [self._seals.setdefault(name, len(self._seals)) for name in reports.seals])
        rows["card"] = recode(rows["card"], [self._cards.setdefault(name, len(self._cards)) for name in reports.cards])
        if (len(self._names[0]), len(self._names[1])) != (len(self._seals), len(self._cards)):
            self._names = list(self._seals), list(self._cards)
        return replace(reports, seals=self._names[0], cards=self._names[1])


def by_received(reports: Reports) -> Reports:
    """In the order of `received`; those received together stay as they are."""
    return reports if _is_sorted(reports) else reports.take(np.argsort(reports.rows["received_ms"], kind="stable"))


def _is_sorted(reports: Reports) -> bool:
    received = reports.rows["received_ms"]
    return bool(np.all(received[1:] >= received[:-1]))


def _sizes(paths: Sequence[str | PathLike[str]]) -> list[int]:
    return [_size(Path(name)) for name in paths]


def _size(path: Path) -> int:
    """In bytes; 0 where who reads it will say why not."""
    with suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0
