"""Reports that belong to no shipment yet: they wait for it to be registered, and are not lost meanwhile.

What anybody may send under any name is bounded: so many reports a seal, so many bytes in all. The seals that were heard
longest ago give way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import clean
from sealtrack.schema import REPORT_DTYPE

LARGEST_SEAL = 5_760
"""Reports held of one seal (two days at 30 s; at 5 s more than the horizon); the oldest give way."""
MOST_BYTES = 32 << 20
"""Held in all: about 370,000 reports."""
_ROW = REPORT_DTYPE.itemsize
_OF_A_SEAL, _OF_A_NAME = 600, 100
"""Bytes beside the reports, and beside the letters of a name."""
_MOST_CARDS = 64
"""Different cards told apart of one seal; a report with a further one is held without it."""


@dataclass(slots=True)
class _Waiting:
    """Of one seal."""

    rows: bytearray = field(default_factory=bytearray)
    """REPORT_DTYPE, their cards numbered as in `cards`."""
    cards: dict[str, int] = field(default_factory=dict)

    def size(self, seal: str) -> int:
        return _OF_A_SEAL + len(self.rows) + sum(_OF_A_NAME + 4 * len(name) for name in (seal, *self.cards))


class Held:
    """Reports by seal, in reading order; the seals in the order in which they were last heard."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._seals: Sequence[str] = ()
        self._cards: Sequence[str] = ()
        self._waiting: dict[str, _Waiting] = {}
        self._bytes = 0
        self.forgotten = 0
        """Reports that gave way."""

    def __len__(self) -> int:
        return sum(len(waiting.rows) // _ROW for waiting in self._waiting.values())

    @staticmethod
    def _index(code: int) -> int:
        return -2 - code

    @staticmethod
    def codes() -> range:
        """What stands for each name of a batch, in their order, where no shipment needs it."""
        return range(-2, -(1 << 31), -1)

    def begin(self, seals: Sequence[str], cards: Sequence[str]) -> None:
        """The names that codes of the rows to come stand for, until the next call."""
        self._seals, self._cards = seals, cards

    def add(self, rows: NDArray[np.void], seals: Mapping[str, int], cards: Mapping[str, int]) -> None:
        """Hold these REPORT_DTYPE rows; `seals` and `cards` are the registered ones, numbered in their order."""
        if not len(rows):
            return
        seal_names, card_names = list(seals), list(cards)
        for row in clean(rows):
            seal, card = int(row["seal"]), int(row["card"])
            name = seal_names[seal] if seal >= 0 else self._seals[self._index(seal)]
            waiting = self._waiting.pop(name, None) or _Waiting()
            before = waiting.size(name) if waiting.rows else 0
            if card != -1:
                row["card"] = _number(waiting.cards, card_names[card] if card >= 0 else self._cards[self._index(card)])
            waiting.rows += row.tobytes()
            if len(waiting.rows) > LARGEST_SEAL * _ROW:
                del waiting.rows[:_ROW]
                self.forgotten += 1
            self._waiting[name] = waiting
            self._bytes += waiting.size(name) - before
            self._make_room()

    def claim(self, seal: str, code: int, card_code: Callable[[str], int]) -> NDArray[np.void]:
        """Take out what is held of a seal, under its registered code."""
        waiting = self._drop(seal)
        if waiting is None:
            return np.zeros(0, REPORT_DTYPE)
        claimed = np.frombuffer(bytes(waiting.rows), REPORT_DTYPE).copy()
        claimed["seal"] = code
        claimed["card"] = np.array([*map(card_code, waiting.cards), -1], np.int32)[claimed["card"]]
        return claimed

    def dump(self) -> list[tuple[str, bytes, list[str]]]:
        """(seal, its reports, its cards), for a snapshot."""
        return [(seal, bytes(waiting.rows), list(waiting.cards)) for seal, waiting in self._waiting.items()]

    @classmethod
    def load(cls, data: Sequence[Any]) -> Self:
        """What `dump` gave, through MessagePack."""
        held = cls()
        for seal, rows, cards in data:
            held._waiting[seal] = _Waiting(bytearray(rows), {name: number for number, name in enumerate(cards)})
            held._bytes += held._waiting[seal].size(seal)
        return held

    def lines(self, registered: Mapping[str, int]) -> list[str]:
        """A sentence for each seal with reports that no shipment has claimed."""
        said = []
        for seal, waiting in sorted(self._waiting.items()):
            count = len(waiting.rows) // _ROW
            if seal in registered:
                said.append(
                    f"seal {seal}: {count} reports outside every shipment's time; check depart_at and closed_at"
                )
            else:
                said.append(f"seal {seal}: {count} reports, but no shipment has this seal; register the shipment")
        return said

    def _make_room(self) -> None:
        while self._bytes > self._most_bytes:
            gone = self._drop(next(iter(self._waiting)))
            self.forgotten += len(gone.rows) // _ROW if gone else 0

    def _drop(self, seal: str) -> _Waiting | None:
        waiting = self._waiting.pop(seal, None)
        if waiting is not None:
            self._bytes -= waiting.size(seal)
        return waiting


def _number(cards: dict[str, int], name: str) -> int:
    if name not in cards and len(cards) >= _MOST_CARDS:
        return -1
    return cards.setdefault(name, len(cards))
