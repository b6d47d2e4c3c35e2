"""The keys that the scanner knows, found by one multiplication.

A key of up to 16 bytes is told by its two words, exactly: no byte of a plain JSON text is zero. Keys that are common
and of no use stand here too: a known key is recognised sooner, and a second one of its name is noticed by one bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.jit import helper
from sealtrack.io.codecs.scan.compiled import byte_at, word_at

_NAMES = """
seal_id time lat lon speed heading accuracy valid lock events card battery satellites seq received buffered
position device attributes protocol deviceTime fixTime serverTime outdated latitude longitude course uniqueId
status blocked index ignition eventSource driverUniqueId alarm batteryLevel charge sat archive id deviceId
type altitude address network geofenceIds groupId calendarId name lastUpdate positionId phone model contact
category disabled expirationTime distance totalDistance motion hours rssi
"""
NAMES = tuple(_NAMES.split())
(
    SEAL_ID, TIME, LAT, LON, SPEED, HEADING, ACCURACY, VALID, LOCK, EVENTS, CARD, BATTERY, SATELLITES, SEQ, RECEIVED,
    BUFFERED, POSITION, DEVICE, ATTRIBUTES, PROTOCOL, DEVICE_TIME, FIX_TIME, SERVER_TIME, OUTDATED, LATITUDE, LONGITUDE,
    COURSE, UNIQUE_ID, STATUS, BLOCKED, INDEX, IGNITION, EVENT_SOURCE, DRIVER_UNIQUE_ID, ALARM, BATTERY_LEVEL, CHARGE,
    SAT, ARCHIVE,
) = range(39)  # fmt: skip
"""Positions in NAMES of those that mean something."""

UNKNOWN = len(NAMES)
PLACES = 1024
LONGEST_NAME = 16
MASKS = np.array([(1 << 8 * n) - 1 for n in range(8)] + [-1], np.int64)
"""By number of bytes: what keeps the low ones of a word."""


def words_of(text: str, n: int) -> list[int]:
    """The first 8 * n bytes as words, filled up with zeros."""
    raw = text.encode().ljust(8 * n, b"\0")
    return [int.from_bytes(raw[8 * i : 8 * i + 8], "little", signed=True) for i in range(n)]


def place_of(words: NDArray[np.int64], factor: int) -> NDArray[np.int64]:
    """Where the names with these words (n, 2) stand; the kernel's arithmetic."""
    with np.errstate(over="ignore"):
        mixed = (words[:, 0] ^ (words[:, 1] * np.int64(31))) * np.int64(factor)
    return (mixed >> 40) & (PLACES - 1)


def _collision_free(words: NDArray[np.int64]) -> int:
    rng = np.random.default_rng(1)
    while True:
        factor = int(rng.integers(1 << 62)) | 1
        if len(set(place_of(words, factor).tolist())) == len(words):
            return factor


NAME_WORDS = np.array([words_of(name, 2) for name in NAMES] + [[0, 0]], np.int64)
NAME_BYTES = np.array([len(name) for name in NAMES] + [0], np.int64)
FACTOR = _collision_free(NAME_WORDS[:-1])
NAME_AT = np.full(PLACES, UNKNOWN, np.int64)
NAME_AT[place_of(NAME_WORDS[:-1], FACTOR)] = np.arange(UNKNOWN)


@helper
def words_at(text: int, start: int, count: int) -> tuple[int, int]:
    """The two words of the `count` bytes from `start`, filled up with zeros; of longer ones the first 16 bytes."""
    first = word_at(text, start) & MASKS[min(count, 8)]
    second = word_at(text, start + 8) & MASKS[min(count - 8, 8)] if count > 8 else 0
    return first, second


@helper
def name_at(text: int, start: int, count: int) -> int:
    """Position in NAMES of the key in these bytes, or UNKNOWN."""
    if count > LONGEST_NAME:
        return UNKNOWN
    first, second = words_at(text, start, count)
    found = NAME_AT[(((first ^ (second * 31)) * FACTOR) >> 40) & (PLACES - 1)]
    if NAME_WORDS[found, 0] == first and NAME_WORDS[found, 1] == second:
        return found
    return UNKNOWN


@helper
def is_name_at(text: int, start: int, name: int) -> bool:
    """True when `name` and a closing quote stand at `start`."""
    count = NAME_BYTES[name]
    first, second = words_at(text, start, count)
    return NAME_WORDS[name, 0] == first and NAME_WORDS[name, 1] == second and byte_at(text, start + count) == 34


@helper
def text_hash(text: int, start: int, count: int) -> int:
    """A number that equal texts share."""
    h = count
    i = 0
    while i < count:
        h = (h ^ (word_at(text, start + i) & MASKS[min(count - i, 8)])) * 0x2545F4914F6CDD1D
        h ^= (h >> 29) & 0x7FFFFFFFF
        i += 8
    return h
