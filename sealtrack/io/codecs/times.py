"""Times on the wire: RFC 3339 text or integer milliseconds in, RFC 3339 text out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from sealtrack.schema import Time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SHORTEST = len("2024-01-01T00:00:00Z")
_LEAP_SECOND = re.compile(r"(?<=[T ]\d\d:\d\d:)60")

EARLIEST_MS = -62_135_596_800_000  # 0001-01-01
LATEST_MS = 253_402_300_799_999  # 9999-12-31, the last moment RFC 3339 can write

CLOCK_SET_SINCE_MS = 1_262_304_000_000
"""2010-01-01. A device that says it is earlier never had its clock set: seals start at 2000-01-01 (or 1970)."""


def text_ms(text: str) -> Time:
    """Milliseconds since the epoch of an RFC 3339 time in any zone, rounded down.

    ValueError if it is no such time, LookupError if only the zone is missing (the moment is then unknown by hours).
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _unusual_ms(text)
    if len(text) < _SHORTEST or text[10] not in "Tt " or text[13] != ":" or text[5] == "W":
        if moment.tzinfo is None and text[10:11] in ("T", "t", " ", ""):
            raise LookupError(text)
        raise ValueError(text)
    if moment.tzinfo is None:
        raise LookupError(text)
    return datetime_ms(moment)


def datetime_ms(moment: datetime) -> Time:
    """Milliseconds since the epoch of a time with a zone, rounded down."""
    return (moment - _EPOCH) // _MS


def _unusual_ms(text: str) -> Time:
    """What RFC 3339 permits and Python does not: lower-case letters and leap seconds."""
    upper = text.strip().upper()
    plain = _LEAP_SECOND.sub("59", upper)
    if plain == text:
        raise ValueError(text)
    return text_ms(plain) + (1000 if plain != upper else 0)


def time_text(ms: Time) -> str:
    """`2024-05-01T08:00:00.000Z`: RFC 3339, UTC, milliseconds."""
    return f"{np.datetime64(int(ms), 'ms')}Z"
