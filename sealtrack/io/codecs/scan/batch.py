"""A batch of values to packed rows and names: the one entry point of the scanner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.jit import helper
from sealtrack.io.codecs.load import LARGEST_VALUE
from sealtrack.io.codecs.scan.compiled import entry, word_at
from sealtrack.io.codecs.scan.names import LONGEST_NAME, MASKS, UNKNOWN, text_hash, words_at
from sealtrack.io.codecs.scan.native import read_native
from sealtrack.io.codecs.scan.numbers import Text
from sealtrack.io.codecs.scan.syntax import Row, scan_object
from sealtrack.io.codecs.scan.traccar import read_traccar

NATIVE, TRACCAR = 0, 1
ODD_ROW = -2
NAME_DTYPE = np.dtype([("start", "i8"), ("stop", "i8"), ("first", "i8"), ("second", "i8")], align=True)
"""Where a name lies in the text at its first appearance; its words, or of a long one its hash."""


@helper
def _same_text(text: Text, a: int, b: int, count: int) -> bool:
    i = 0
    while i < count:
        if (word_at(text, a + i) ^ word_at(text, b + i)) & MASKS[min(count - i, 8)]:
            return False
        i += 8
    return True


@helper
def _code(text: Text, span: Row, places: NDArray[np.int32], names: NDArray[np.void], known: int) -> int:
    """The number of a name; `known` when it is new, and then noted in `names` and `places` (open addressing).

    A short name is compared by its words: where it was first read the text has left the cache.
    """
    start, count = span["start"], span["stop"] - span["start"]
    is_short = count <= LONGEST_NAME
    first, second = words_at(text, start, count)
    if not is_short:
        first = text_hash(text, start, count)
    mixed = first ^ (second * 31)
    mixed = (mixed ^ (mixed >> 32)) * 0x2545F4914F6CDD1D  # the last letters, which differ most, stand highest
    at = (mixed >> 36) & (len(places) - 1)
    while places[at] >= 0:
        name = names[places[at]]
        is_same = name["first"] == first and name["second"] == second and name["stop"] - name["start"] == count
        if is_same and (is_short or _same_text(text, name["start"], start, count)):
            return places[at]
        at = (at + 1) & (len(places) - 1)
    places[at] = known
    names[known]["start"] = start
    names[known]["stop"] = span["stop"]
    names[known]["first"] = first
    names[known]["second"] = second
    return known


@entry
def scan_batch(
    text: Text,
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    stamps_ms: NDArray[np.int64],
    shape: int,
    rows: NDArray[np.void],
    places: NDArray[np.int32],
    names: NDArray[np.void],
    works: NDArray[np.void],
    spans: NDArray[np.void],
) -> tuple[int, int]:
    """Read the values at `text` + starts[i] up to stops[i], all of one shape, into `rows`.

    All but `partition` and `offset` is filled; the row of an odd value has seal ODD_ROW. `stamps_ms`: when a value was
    received, negative = not known. `places` (2, a power of two over twice the number of rows; all -1) and `names`
    (2, rows) take the names of seals and cards. `works` (1) and `spans` (2) are room to work in: a row does not keep
    the array alive that it lies in, so the caller does. Returns how many seals and cards there are.
    """
    work = works[0]
    work["follows"][:] = UNKNOWN
    seal, card = spans[0], spans[1]
    seals = 0
    cards = 0
    for i in range(len(rows)):
        row = rows[i]
        start, stop = starts[i], stops[i]
        is_plain = 0 < stop - start <= LARGEST_VALUE and scan_object(text, start, stop, work)
        if is_plain and shape == NATIVE:
            is_plain = read_native(text, work, row, seal, card)
        elif is_plain:
            is_plain = read_traccar(text, work, stamps_ms[i], row, seal, card)
        if not is_plain:
            row["seal"] = ODD_ROW
            continue
        code = _code(text, seal, places[0], names[0], seals)
        seals = max(seals, code + 1)
        row["seal"] = code
        row["card"] = -1
        if card["stop"] > card["start"]:
            code = _code(text, card, places[1], names[1], cards)
            cards = max(cards, code + 1)
            row["card"] = code
    return seals, cards
