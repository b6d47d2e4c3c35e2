"""A page of a tail in few bytes that say exactly the same: about a fifth of its rows.

Column by column, as whole numbers: coordinates in 1e-6 or 1e-7 degree, speeds and the like in tenths or hundredths,
where that is exact to the bit, else the bits of the float. A column is told as what its values have beyond the least of
them, or as their steps from row to row, whichever takes fewer bytes; each value in as many whole bytes as the largest
needs. One that never changes takes no bytes but its head.

After the block's own word come the time of the first row, and the bit of each row that the walk writes; columns follow.
Loops run over the length of an array, not to PAGE: unrolled, they would take longer to compile, and one row at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.cold import LINE, keep_block
from sealtrack.core.jit import helper
from sealtrack.core.state import PAGE, Rows, Store
from sealtrack.core.words import lone_word, put_word, word
from sealtrack.schema import FLAG_DISTRUSTED, REPORT_DTYPE

ROW = REPORT_DTYPE.itemsize
HEAD = 24
"""Bytes before the columns."""
FIRST_AT, NOTED_AT = 8, 16
"""Where the time of the first row and the bits that the walk writes stand."""
TIME_AT = int(REPORT_DTYPE.fields["time_ms"][1])  # type: ignore[index]


WHOLE, SINGLE, DOUBLE, SINCE = range(4)
"""Kinds of columns: whole numbers, floats of four and eight bytes, times since `time_ms`."""
COARSE, FINE, STEPS = 1, 2, 4
"""A column's form: a float as a decimal number with few digits or with more, 0 = neither; and a bit for steps from row
to row.
"""
SCALE = np.array([[1.0, 1.0, 1.0], [1.0, 10.0, 100.0], [1.0, 1e6, 1e7], [1.0, 1.0, 1.0]])
"""By kind and form without that bit: what a decimal number is multiplied with."""
HUGE = 1 << 60
"""Columns with values beyond this are told as they are."""
MOST = 1e8
"""So are floats from here on."""
SHIFTED = 1.5 * 2.0**52
SHIFTED_BITS = int(np.float64(SHIFTED).view(np.int64))
"""Added to a float it rounds it to a whole number, which is then the difference of their bits."""


def _table() -> NDArray[np.int64]:
    """By column: kind, where in a row its word lies, how far that is shifted to the left and then to the right, and its
    bits when they have come to the end.
    """
    rows = []
    for name, (dtype, offset) in ((name, field[:2]) for name, field in (REPORT_DTYPE.fields or {}).items()):
        bits, first = 8 * dtype.itemsize, offset % 8
        if name == "flags":
            bits -= 1  # FLAG_DISTRUSTED is the highest
        kind = {"f4": SINGLE, "f8": DOUBLE}.get(dtype.str[1:], WHOLE)
        kind = SINCE if name == "received_ms" else kind
        low = -1 if bits == 64 else (1 << bits) - 1
        rows.append((kind, offset - first, 64 - 8 * first - bits, 64 - bits, low))
    return np.array(rows, np.int64)


TABLE = _table()
COLUMNS = len(TABLE)


@helper
def bytes_of(value: int) -> int:
    """Bytes that a number takes that is not negative; a negative one takes all eight."""
    if value < 0:
        return 8
    size = 0
    if value >> 32 != 0:
        size, value = 4, value >> 32
    if value >> 16 != 0:
        size, value = size + 2, value >> 16
    if value >> 8 != 0:
        return size + 2
    return size + 1 if value != 0 else size


@helper
def _real(bits: int, is_single: bool) -> float:
    """The float of these bits."""
    if is_single:
        return float(np.int32(bits).view(np.float32))
    return float(np.int64(bits).view(np.float64))


@helper
def _bits(value: float, is_single: bool) -> int:
    if is_single:
        return int(np.float32(value).view(np.int32))
    return int(np.float64(value).view(np.int64))


@helper
def _to_decimals(values: NDArray[np.int64], scale: float, is_single: bool, room: NDArray[np.int64]) -> bool:
    """Turn bits of floats into whole numbers, so many times as large; False, and nothing is changed, where these would
    not be the same.

    Without branches and conversions, so that the processor takes several at once.
    """
    same = True
    for i in range(len(values)):
        real = _real(values[i], is_single)
        shifted = real * scale + SHIFTED
        same &= (abs(real) < MOST) & (_bits((shifted - SHIFTED) / scale, is_single) == values[i])
        room[i] = _bits(shifted, False) - SHIFTED_BITS
    if same:
        for i in range(len(values)):
            values[i] = room[i]
    return same


@helper
def _take_column(store: Store, first: int, column: int) -> int:
    """A column of the page from row `first` of the tail on to `Store.values`; returns its form."""
    rows, values, room = store.tail, store.values, store.steps
    kind, at, left, right = TABLE[column, 0], first * ROW + TABLE[column, 1], TABLE[column, 2], TABLE[column, 3]
    for i in range(len(values)):
        values[i] = lone_word(rows, at + i * ROW) << left >> right
    if kind == SINCE:
        for i in range(len(values)):
            values[i] -= lone_word(rows, (first + i) * ROW + TIME_AT)
    elif kind != WHOLE:
        for form in range(COARSE, FINE + 1):
            if _to_decimals(values, SCALE[kind, form], kind == SINGLE, room):
                return form
    return 0


@helper
def _span(values: NDArray[np.int64]) -> tuple[int, int]:
    """(the least of the numbers, bytes that each takes beyond it)."""
    least = most = values[0]
    for i in range(len(values)):
        least, most = min(least, values[i]), max(most, values[i])
    if least == most:
        return least, 0
    return (0, 8) if least < -HUGE or most > HUGE else (least, bytes_of(most - least))


@helper
def _put_head(scratch: NDArray[np.uint8], at: int, width: int, form: int, start: int, step: int) -> int:
    """Write what stands before a column's values; returns the next free byte."""
    put_word(scratch, at + 2, start)
    start_bytes = bytes_of((start << 1) ^ (start >> 63))
    put_word(scratch, at + 2 + start_bytes, step)
    step_bytes = bytes_of((step << 1) ^ (step >> 63))
    scratch[at], scratch[at + 1] = form << 4 | width, step_bytes << 4 | start_bytes
    return at + 2 + start_bytes + step_bytes


@helper
def _put_column(store: Store, at: int, form: int) -> int:
    """Write the column in `Store.values` from byte `at` on; returns the next free byte.

    The first step is the second one once more: it makes no difference.
    """
    codes, steps = store.values, store.steps
    least, width = _span(codes)
    start, step = least, 0
    if 0 < width < 8:
        for i in range(1, len(codes)):
            steps[i] = codes[i] - codes[i - 1]
        steps[0] = steps[1]
        least_step, step_width = _span(steps)
        if step_width < width:
            start, step, least, width, form = codes[0] - steps[0], least_step, least_step, step_width, form | STEPS
            codes = steps
    at = _put_head(store.scratch, at, width, form, start, step)
    if width > 0:
        for i in range(len(codes)):
            put_word(store.scratch, at + i * width, codes[i] - least)
    return at + len(codes) * width


@helper
def pack(store: Store, page: int) -> int:
    """A block that says what the rows of a page say, NO_PAGE when there is no room for it."""
    scratch, tail, n = store.scratch, store.tail, len(store.values)
    first, at, differ = page * PAGE, HEAD, 0
    for column in range(COLUMNS):
        word_at, left, right = first * ROW + TABLE[column, 1], TABLE[column, 2], TABLE[column, 3]
        said = lone_word(tail, word_at)
        if column == 0 or TABLE[column, 1] != TABLE[column - 1, 1]:
            differ = 0
            for i in range(n):
                differ |= lone_word(tail, word_at + i * ROW) ^ said
        if differ << left >> right == 0 and TABLE[column, 0] != SINCE:
            at = _put_head(scratch, at, 0, 0, said << left >> right, 0)
        else:
            at = _put_column(store, at, _take_column(store, first, column))
    noted = 0
    for i in range(n):
        noted |= (1 if tail[first + i]["flags"] & FLAG_DISTRUSTED else 0) << i
    put_word(scratch, FIRST_AT, tail[first]["time_ms"])
    put_word(scratch, NOTED_AT, noted)
    return keep_block(store, at)


@helper
def _read_column(cold: NDArray[np.uint8], at: int, column: int, rows: Rows, first: int, n: int) -> int:
    """A column of a block to the `n` rows from `first` on; returns where the next one begins."""
    kind, to = TABLE[column, 0], first * ROW + TABLE[column, 1]
    shift, field = TABLE[column, 3] - TABLE[column, 2], TABLE[column, 4]
    form, width, start_bytes, step_bytes = cold[at] >> 4, cold[at] & 15, cold[at + 1] & 15, cold[at + 1] >> 4
    out, step_out = 32 - 4 * start_bytes, 32 - 4 * step_bytes  # halves of shifts: no word is shifted by all its bits
    start = word(cold, at + 2) << out << out >> out >> out
    step = word(cold, at + 2 + start_bytes) << step_out << step_out >> step_out >> step_out
    at += 2 + start_bytes + step_bytes
    codes = -1 if width == 8 else (1 << 8 * width) - 1
    is_single, scale = kind == SINGLE, SCALE[kind, form & 3]
    for i in range(n):
        value = start + step + (word(cold, at) & codes)
        at += width
        if form & STEPS:
            start = value
        if form & 3:
            value = _bits(value / scale, is_single)
        elif kind == SINCE:
            value += word(rows, (first + i) * ROW + TIME_AT)
        others = word(rows, to + i * ROW) & ~(field << shift)
        put_word(rows, to + i * ROW, others | (value & field) << shift)
    return at


@helper
def unpack(store: Store, block: int, rows: Rows, first: int) -> None:
    """The page of a block to `rows` from row `first` on."""
    at, n = block * LINE + HEAD, len(store.values)
    for column in range(COLUMNS):
        at = _read_column(store.cold, at, column, rows, first, n)
    noted = word(store.cold, block * LINE + NOTED_AT)
    for i in range(n):
        said = rows[first + i]["flags"] & ~FLAG_DISTRUSTED
        rows[first + i]["flags"] = said | (noted >> i & 1) * FLAG_DISTRUSTED


@helper
def first_ms(store: Store, block: int) -> int:
    """The time of a packed page's first row."""
    return word(store.cold, block * LINE + FIRST_AT)


@helper
def note(store: Store, block: int, i: int, is_distrusted: bool) -> None:
    """What the walk says of row `i` of a packed page."""
    at = block * LINE + NOTED_AT
    noted = word(store.cold, at) & ~(1 << i)
    put_word(store.cold, at, noted | (1 if is_distrusted else 0) << i)
