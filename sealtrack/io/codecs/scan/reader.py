"""When values are scanned, and what the scan gives as packed rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.io.texts import Texts
from sealtrack.schema import REPORT_DTYPE

LEAST = 64
"""In fewer values there is nothing to gain."""
COMPILE_AFTER = 500_000
"""Values that a process reads one by one before it compiles the scanner, which takes as long as some 3,000,000 do."""

NATIVE, TRACCAR = 0, 1
"""Shapes of a value."""


class Scanned(NamedTuple):
    """Rows of a batch; those of `odd` are not filled."""

    rows: NDArray[np.void]
    """REPORT_DTYPE; `received_ms` is the payload's own, NO_TIME where it has none."""
    seals: list[str]
    cards: list[str]
    odd: NDArray[np.intp]
    """Rows that must be read one by one."""


class _Scanner:
    """Compiled when it pays: at once where an earlier run has compiled it, else after COMPILE_AFTER values."""

    def __init__(self) -> None:
        self._seen = 0
        self._ready = False

    def is_ready(self, values: int) -> bool:
        """Whether to scan this many values."""
        if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
            return False
        if not self._ready and values >= LEAST:
            from sealtrack.io.codecs.scan.compiled import is_compiled  # noqa: PLC0415 - brings numba

            self._ready = is_compiled() or self._seen >= COMPILE_AFTER
        self._seen += values
        return self._ready and values >= LEAST


_scanner = _Scanner()
is_ready = _scanner.is_ready


def compile_now() -> None:
    """Compile the scanner and keep it on disk."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") == "0":
        scan([b"{}"], np.zeros(1, np.int64), NATIVE)


def scan(values: Sequence[bytes | None], stamps_ms: NDArray[np.int64], shape: int) -> Scanned:
    """Read what is plain in `values`; `stamps_ms` say when they were received, negative = not known."""
    from sealtrack.io.codecs.scan.batch import NAME_DTYPE, ODD_ROW, scan_batch  # noqa: PLC0415 - compiles
    from sealtrack.io.codecs.scan.syntax import WORK_DTYPE  # noqa: PLC0415

    n = len(values)
    texts = Texts.of(values)
    rows = np.zeros(n, REPORT_DTYPE)
    places = np.full((2, 1 << (2 * n).bit_length()), -1, np.int32)
    names = np.zeros((2, n), NAME_DTYPE)
    address = np.frombuffer(texts.text, np.uint8).ctypes.data
    stamps = np.ascontiguousarray(stamps_ms, np.int64)
    room = np.zeros(1, WORK_DTYPE), np.zeros(2, NAME_DTYPE)
    counts = scan_batch(address, texts.starts, texts.stops, stamps, shape, rows, places, names, *room)
    seals, cards = (
        [texts.text[start:stop].decode() for start, stop in names[which][["start", "stop"]][:count].tolist()]
        for which, count in enumerate(counts)
    )
    return Scanned(rows, seals, cards, np.flatnonzero(rows["seal"] == ODD_ROW))
