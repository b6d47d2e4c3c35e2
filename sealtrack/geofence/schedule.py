"""The text of a schedule: `Mon-Fri 06:00-22:00 Asia/Ho_Chi_Minh`, several joined by `,`.

The kernels read it as the hours of a week in UTC. That holds for whole hours in a time zone whose clock never changes;
anything else is refused rather than rounded.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK_HOURS = 168
_PART = re.compile(
    r"(?P<first>[A-Z][a-z]{2})(?:-(?P<last>[A-Z][a-z]{2}))? "
    r"(?P<start>\d\d):(?P<m1>\d\d)-(?P<end>\d\d):(?P<m2>\d\d) (?P<zone>\S+)"
)


def parse_schedule(text: str) -> tuple[bool, ...]:
    """The 168 hours of the week, from Monday 00:00 UTC, in which it is in force.

    An end before the start runs past midnight. ValueError with message and remedy, joined by `; `, if it is not so.
    """
    hours = [False] * WEEK_HOURS
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"cannot read `{part.strip()}`; write it like `Mon-Fri 06:00-22:00 Asia/Ho_Chi_Minh`")
        for hour in _local_hours(match):
            hours[(hour - _utc_offset_h(match["zone"])) % WEEK_HOURS] = True
    return tuple(hours)


def _local_hours(match: re.Match[str]) -> list[int]:
    if match["m1"] != "00" or match["m2"] != "00":
        raise ValueError("is not on the full hour; round it outwards to full hours")
    start, end = int(match["start"]), int(match["end"])
    if start > 23 or end > 24 or start == end:
        raise ValueError(f"has no hours {start:02}:00-{end:02}:00; write 00:00-24:00 for the whole day")
    length = end - start if end > start else end + 24 - start
    return [day * 24 + start + n for day in _days(match["first"], match["last"]) for n in range(length)]


def _days(first: str, last: str | None) -> list[int]:
    for name in (first, last or first):
        if name not in DAYS:
            raise ValueError(f"knows no day `{name}`; use {' '.join(DAYS)}")
    start = DAYS.index(first)
    count = (DAYS.index(last or first) - start) % 7 + 1
    return [(start + n) % 7 for n in range(count)]


def _utc_offset_h(name: str) -> int:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"knows no time zone `{name}`; use an IANA name such as Asia/Ho_Chi_Minh or UTC") from None
    # Every month of the coming years: a zone that changes its clock shows two offsets.
    moments = (datetime(2024 + n // 12, n % 12 + 1, 15, tzinfo=UTC) for n in range(48))
    offsets = {moment.astimezone(zone).utcoffset() or timedelta() for moment in moments}
    offset = offsets.pop()
    if offsets or offset % timedelta(hours=1):
        raise ValueError(f"needs one fixed offset of full hours from UTC, {name} has not; give the hours in UTC")
    return offset // timedelta(hours=1)
