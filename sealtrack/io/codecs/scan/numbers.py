"""Numbers and times, read exactly or not at all."""

from __future__ import annotations

import numpy as np

from sealtrack.core.jit import helper, inlined_helper
from sealtrack.io.codecs.scan.compiled import byte_at, double_of, high_zeros, product, word_at
from sealtrack.schema import NO_TIME

Text = int
"""The address of a text: an array as an argument costs each call more than its work."""

ODD = -1
MOST_DIGITS = 10**17
"""A mantissa that reaches this takes no further digit; 18 digits are more than any float needs."""
FARTHEST = 22
"""Powers of ten up to this are exact in a float64."""
EXACT = 1 << 53
POW10 = np.array([10.0**n for n in range(FARTHEST + 1)])


def _power_of_five(n: int) -> tuple[int, int]:
    """(high, low) word of 5**n with the highest bit set, as Lemire's tables have it."""
    if n < 0:
        five = 5**-n
        wide = (1 << ((five - 1).bit_length() + 127)) // five + 1
    else:
        five = 5**n
        wide = five << (128 - five.bit_length())
    return wide >> 64, wide & ((1 << 64) - 1)


POWERS = np.array([_power_of_five(n) for n in range(-FARTHEST, FARTHEST + 1)], np.uint64)


@helper
def decimal(mantissa: int, exp10: int) -> float:
    """The float64 nearest to mantissa × 10**exp10, for 0 <= mantissa < 10**18; infinite where this cannot tell."""
    if exp10 < -FARTHEST or exp10 > FARTHEST:
        return np.inf
    if mantissa <= EXACT:  # one rounding of exact operands
        return mantissa / POW10[-exp10] if exp10 < 0 else mantissa * POW10[exp10]
    return _nearest(mantissa, exp10)


@helper
def _nearest(mantissa: int, exp10: int) -> float:
    """Lemire, Number Parsing at a Gigabyte per Second (2021), section 5, for powers that need no subnormals."""
    zeros = high_zeros(np.uint64(mantissa))
    w = np.uint64(mantissa) << np.uint64(zeros)
    power = POWERS[exp10 + FARTHEST]
    high, low = product(w, power[0])
    if high & np.uint64(0x1FF) == np.uint64(0x1FF):
        more, _ = product(w, power[1])
        low += more
        if more > low:
            high += np.uint64(1)
    top = high >> np.uint64(63)
    shift = top + np.uint64(9)
    bits = high >> shift
    exponent = ((217706 * exp10) >> 16) + 63 + int(top) - zeros + 1023
    is_tie = low <= np.uint64(1) and -4 <= exp10 <= 23 and (bits & np.uint64(3)) == np.uint64(1)
    if is_tie and (bits << shift) == high:
        bits &= ~np.uint64(1)
    bits = (bits + (bits & np.uint64(1))) >> np.uint64(1)
    if bits >= np.uint64(1 << 53):
        bits = np.uint64(1 << 52)
        exponent += 1
    return double_of((bits & np.uint64((1 << 52) - 1)) | (np.uint64(exponent) << np.uint64(52)))


@helper
def _digits(text: Text, i: int, mantissa: int) -> tuple[int, int]:
    """(place after the digits from `i`, mantissa with them appended); ODD when they are too many."""
    digit = byte_at(text, i) - 48
    while 0 <= digit <= 9:
        if mantissa >= MOST_DIGITS:
            return ODD, 0
        mantissa = mantissa * 10 + digit
        i += 1
        digit = byte_at(text, i) - 48
    return i, mantissa


@inlined_helper
def number(text: Text, i: int) -> tuple[int, int, int, bool]:
    """The JSON number at `i`, behind its sign: (place after it, mantissa, power of ten, is written as an integer)."""
    start = i
    i, mantissa = _digits(text, i, 0)
    if i <= start or (byte_at(text, start) == 48 and i > start + 1):
        return ODD, 0, 0, False
    exp10 = 0
    whole = True
    if byte_at(text, i) == 46:
        whole = False
        start = i + 1
        i, mantissa = _digits(text, start, mantissa)
        if i <= start:
            return ODD, 0, 0, False
        exp10 = start - i
    if byte_at(text, i) | 32 == 101:
        whole = False
        sign = byte_at(text, i + 1)
        start = i + 2 if sign == 43 or sign == 45 else i + 1
        i, power = _digits(text, start, 0)
        if i <= start or i > start + 4:
            return ODD, 0, 0, False
        exp10 += -power if sign == 45 else power
    return i, mantissa, exp10, whole


@helper
def _pair(word: int, at: int) -> int:
    """The number in the two digits that begin at byte `at` of a word; negative or above 99 where they are none."""
    a = ((word >> 8 * at) & 255) - 48
    b = ((word >> 8 * (at + 1)) & 255) - 48
    return 10 * a + b if 0 <= a <= 9 and 0 <= b <= 9 else -10_000


@inlined_helper
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; years count from March, so that the day that leaps is the last one."""
    y = year - 1 if month <= 2 else year
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return 365 * y + y // 4 - y // 100 + y // 400 + of_year - 719_468


@inlined_helper
def _fraction(text: Text, i: int, stop: int) -> tuple[int, int]:
    """(place after the digits from `i`, their first three as milliseconds); ODD where there are none, or over nine."""
    ms = 0
    n = 0
    digit = byte_at(text, i) - 48
    while 0 <= digit <= 9 and i < stop:
        if n < 3:
            ms = ms * 10 + digit
        n += 1
        i += 1
        digit = byte_at(text, i) - 48
    if n == 0 or n > 9:
        return ODD, 0
    return i, ms * (100 if n == 1 else 10 if n == 2 else 1)


@inlined_helper
def _offset_min(text: Text, i: int, stop: int) -> int:
    """Minutes east of Greenwich in `Z`, `+HH:MM` or `+HHMM` that ends at `stop`; 10,000 where it is neither."""
    sign = byte_at(text, i)
    if sign == 90:
        return 0 if i + 1 == stop else 10_000
    word = word_at(text, i)
    if i + 6 == stop and byte_at(text, i + 3) == 58:
        hours, minutes = _pair(word, 1), _pair(word, 4)
    elif i + 5 == stop:
        hours, minutes = _pair(word, 1), _pair(word, 3)
    else:
        return 10_000
    if not (0 <= hours <= 23 and 0 <= minutes <= 59) or (sign != 43 and sign != 45):
        return 10_000
    return (60 * hours + minutes) * (1 if sign == 43 else -1)


@helper
def time_ms(text: Text, start: int, stop: int) -> int:
    """Milliseconds since 1970 of the RFC 3339 time in text[start:stop], as Traccar and most write it; else NO_TIME."""
    if stop - start < 20:
        return NO_TIME
    date, clock = word_at(text, start), word_at(text, start + 8)
    hundreds, years, month, day = _pair(date, 0), _pair(date, 2), _pair(date, 5), _pair(clock, 0)
    hour, minute, second = _pair(clock, 3), _pair(clock, 6), _pair(word_at(text, start + 12), 5)
    separators = (date >> 32) & 255 == 45 and (date >> 56) & 255 == 45 and (clock >> 16) & 255 == 84
    separators = separators and (clock >> 40) & 255 == 58 and byte_at(text, start + 16) == 58
    if not separators or not (19 <= hundreds <= 21 and years >= 0 and 1 <= month <= 12 and 1 <= day <= 31):
        return NO_TIME
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
        return NO_TIME
    year = 100 * hundreds + years
    leaps = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if (day == 31 and (month == 4 or month == 6 or month == 9 or month == 11)) or (
        month == 2 and day > (29 if leaps else 28)
    ):
        return NO_TIME
    i = start + 19
    ms = 0
    if byte_at(text, i) == 46:
        i, ms = _fraction(text, i + 1, stop)
        if i < 0:
            return NO_TIME
    offset_min = _offset_min(text, i, stop)
    if offset_min == 10_000:
        return NO_TIME
    seconds = 86_400 * _days(year, month, day) + 3_600 * hour + 60 * (minute - offset_min) + second
    return 1000 * seconds + ms
