"""The records of one Kafka record batch (format 2, unpacked) to where their keys and values lie: compiled.

What is odd in whatever way is left to the client's own reading, which says what is wrong.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.jit import helper
from sealtrack.io.codecs.scan.compiled import entry

OFFSET, STAMP, KEY_START, KEY_STOP, VALUE_START, VALUE_STOP = range(6)
"""Rows of `places`: what is added to the batch's first offset and time; spans in its bytes, None stops before its
start."""


@helper
def _varint(text: NDArray[np.uint8], pos: int, end: int) -> tuple[int, int]:
    """A zigzag integer of up to nine bytes and what follows it; -1 follows one that does not end so."""
    bits = 0
    shift = 0
    while pos < end and shift < 63:
        byte = int(text[pos])
        bits |= (byte & 0x7F) << shift
        pos += 1
        if byte < 0x80:
            return (bits >> 1) ^ -(bits & 1), pos
        shift += 7
    return 0, -1


@helper
def _span(text: NDArray[np.uint8], pos: int, end: int) -> tuple[int, int]:
    """(start, stop) of bytes behind their length; a negative length is None, and start is -1 when they do not end."""
    size, pos = _varint(text, pos, end)
    if pos < 0 or size > end - pos:
        return -1, -1
    return pos, pos + max(size, -1)


@helper
def _after_headers(text: NDArray[np.uint8], pos: int, end: int) -> int:
    """Where a record ends; -1 when its headers are odd."""
    count, pos = _varint(text, pos, end)
    if pos < 0 or count < 0:
        return -1
    for _ in range(count):
        start, stop = _span(text, pos, end)
        if start < 0 or stop < start:
            return -1
        for i in range(start, stop):
            if text[i] >= 0x80:  # to be UTF-8, and looked at by nobody
                return -1
        start, stop = _span(text, stop, end)
        if start < 0:
            return -1
        pos = max(start, stop)
    return pos


@entry
def split(text: NDArray[np.uint8], pos: int, places: NDArray[np.int64]) -> bool:
    """Fill `places` (6, records) from the records that begin at `pos` and end with `text`; False when one is odd."""
    end = len(text)
    for i in range(places.shape[1]):
        length, pos = _varint(text, pos, end)
        if pos < 0 or length < 1 or length > end - pos or text[pos] >= 0x80:
            return False
        stop = pos + length
        places[STAMP, i], pos = _varint(text, pos + 1, stop)
        if pos < 0:
            return False
        places[OFFSET, i], pos = _varint(text, pos, stop)
        if pos < 0:
            return False
        for row in (KEY_START, VALUE_START):
            start, pos = _span(text, pos, stop)
            if start < 0:
                return False
            places[row, i], places[row + 1, i] = start, pos
            pos = max(start, pos)
        if _after_headers(text, pos, stop) != stop:
            return False
        pos = stop
    return pos == end
