"""The words that fields choose from (lock states, events, alarms) and what they pack to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.jit import helper
from sealtrack.io.codecs.scan.compiled import byte_at, word_at
from sealtrack.io.codecs.scan.names import MASKS, words_of
from sealtrack.io.codecs.scan.numbers import Text
from sealtrack.io.codecs.traccar_lock import ALARM_EVENT
from sealtrack.schema import EVENT_BIT, Event, Lock

WORD_DTYPE = np.dtype([("w0", "i8"), ("w1", "i8"), ("w2", "i8"), ("value", "i8")], align=True)
LONGEST_WORD = 24
NOT_THERE = -1
OTHER = EVENT_BIT[Event.other]


def _table(values: dict[str, int]) -> NDArray[np.void]:
    return np.array([(*words_of(word, 3), value) for word, value in values.items()], WORD_DTYPE)


EVENT_WORDS = _table(EVENT_BIT)
ALARM_WORDS = _table({name: EVENT_BIT[event] for name, event in ALARM_EVENT.items()})
LOCK_WORDS = _table({lock.name: int(lock) for lock in Lock if lock is not Lock.unknown})
PROTOCOL_NONE, PROTOCOL_JT600, PROTOCOL_JT701, PROTOCOL_OTHER = range(4)
PROTOCOL_WORDS = _table({"jt600": PROTOCOL_JT600, "jt701": PROTOCOL_JT701})


@helper
def word_value(text: Text, start: int, stop: int, table: NDArray[np.void]) -> int:
    """The value of the word text[start:stop] in a table, NOT_THERE if it is none of its words."""
    count = stop - start
    if count > LONGEST_WORD:
        return NOT_THERE
    w0 = word_at(text, start) & MASKS[min(count, 8)]
    w1 = word_at(text, start + 8) & MASKS[min(count - 8, 8)] if count > 8 else 0
    w2 = word_at(text, start + 16) & MASKS[min(count - 16, 8)] if count > 16 else 0
    for i in range(len(table)):
        if table[i]["w0"] == w0 and table[i]["w1"] == w1 and table[i]["w2"] == w2:
            return table[i]["value"]
    return NOT_THERE


@helper
def event_bit(text: Text, start: int, stop: int, table: NDArray[np.void]) -> int:
    """The bit of an event's or alarm's name; OTHER for an unknown one in plain letters; else NOT_THERE."""
    found = word_value(text, start, stop, table)
    if found != NOT_THERE:
        return found
    if stop <= start or stop - start > LONGEST_WORD:
        return NOT_THERE
    for i in range(start, stop):
        byte = byte_at(text, i)
        if not (97 <= byte <= 122 or 48 <= byte <= 57 or byte == 95):
            return NOT_THERE
    return OTHER
