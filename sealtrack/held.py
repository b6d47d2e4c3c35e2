"""Reports that belong to no shipment yet: they wait for it to be registered, and are not lost meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sealtrack.schema import REPORT_DTYPE

LARGEST_SEAL = 2_880
"""Reports held of one seal (a day at 30 s); the oldest give way."""
MOST_SEALS = 20_000
"""Seals held at all, so that a producer of made-up ids cannot exhaust memory."""


class Held:
    """Reports by seal, in reading order. A seal that is not registered has a negative code, -2 and below."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._rows: dict[str, deque[np.void]] = {}
        self._count: dict[str, int] = {}
        self.forgotten = 0
        """Reports of seals beyond MOST_SEALS, and the oldest of full ones."""

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def code(self, seal: str) -> int:
        """A negative number for a seal that no shipment has; -1 when there are too many of them."""
        if seal not in self._codes and len(self._codes) >= MOST_SEALS:
            return -1
        return self._codes.setdefault(seal, -2 - len(self._codes))

    def add(self, rows: NDArray[np.void], registered: Mapping[str, int]) -> None:
        """Hold these REPORT_DTYPE rows; `registered` gives the names of codes from 0."""
        if not len(rows):
            return  # as a rule, when a shipment is registered; the names below are those of all seals
        names = {code: name for name, code in self._codes.items()} | {code: name for name, code in registered.items()}
        for row in rows.copy():
            name = names.get(int(row["seal"]))
            if name is None:
                self.forgotten += 1
                continue
            waiting = self._rows.setdefault(name, deque(maxlen=LARGEST_SEAL))
            self.forgotten += len(waiting) == LARGEST_SEAL
            waiting.append(row)
            self._count[name] = self._count.get(name, 0) + 1

    def claim(self, seal: str, code: int) -> NDArray[np.void]:
        """Take out what is held of a seal, under its registered code."""
        rows = self._rows.pop(seal, None)
        self._count.pop(seal, None)
        if not rows:
            return np.zeros(0, REPORT_DTYPE)
        claimed = np.array(list(rows), REPORT_DTYPE)
        claimed["seal"] = code
        return claimed

    def dump(self) -> dict[str, bytes]:
        """The held reports by seal, as bytes for a snapshot."""
        return {seal: np.array(list(rows), REPORT_DTYPE).tobytes() for seal, rows in self._rows.items()}

    @classmethod
    def load(cls, data: Mapping[str, bytes]) -> Self:
        """What `dump` gave."""
        held = cls()
        for seal, rows in data.items():
            held.code(seal)
            held._rows[seal] = deque(np.frombuffer(rows, REPORT_DTYPE).copy(), maxlen=LARGEST_SEAL)
            held._count[seal] = len(held._rows[seal])
        return held

    def lines(self, registered: Mapping[str, int]) -> list[str]:
        """A sentence for each seal with reports that no shipment has claimed."""
        said = []
        for seal, count in sorted(self._count.items()):
            if seal in registered:
                said.append(
                    f"seal {seal}: {count} reports outside every shipment's time; check depart_at and closed_at"
                )
            else:
                said.append(f"seal {seal}: {count} reports, but no shipment has this seal; register the shipment")
        return said
