"""Structured rows as bytes that compress well, and back to the same bits.

Column by column; decimal fractions as whole numbers, times as what they are beside the first of them, whole numbers as
differences from the row before; then byte by byte, the high ones of all rows together. Compressed, reports take a third
of what their rows take.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SCALES = {np.dtype("f8"): 1e7, np.dtype("f4"): 1e2}
"""Positions come with at most seven digits, speeds with two; whatever has more is kept as it is."""
_NOTHING = np.iinfo(np.int64).min
_PLAIN, _DECIMAL, _BESIDE = b"\0", b"\1", b"\2"


def to_columns(rows: NDArray[np.void]) -> bytes:
    """`from_columns` gives the rows back."""
    first = _first_whole(rows.dtype)
    return b"".join(
        _column(rows[name], None if first in (None, name) else rows[first]) for name in rows.dtype.names or ()
    )


def from_columns(data: bytes, dtype: np.dtype[Any], n: int) -> NDArray[np.void]:
    """`n` rows of this layout; padding between fields is zero. ValueError when the bytes are not as many."""
    rows = np.zeros(n, dtype)
    at = 0
    for name in dtype.names or ():
        field = dtype[name]
        mark = data[at : at + 1]
        size = 1 + n * (8 if mark == _DECIMAL else field.itemsize)
        rows[name] = _values(mark, data[at + 1 : at + size], field, n)
        if mark == _BESIDE:
            rows[name] += rows[_first_whole(dtype)]
        at += size
    if at != len(data):
        raise ValueError(f"{len(data)} bytes are not {n} rows of {dtype.itemsize}")
    return rows


def _first_whole(dtype: np.dtype[Any]) -> str | None:
    """The first field of an eight-byte whole number, the time as a rule."""
    return next((name for name in dtype.names or () if dtype[name] == np.int64), None)


def _column(values: NDArray[Any], beside: NDArray[np.int64] | None) -> bytes:
    if values.dtype in _SCALES and values.ndim == 1:
        whole = _as_whole(values)
        if whole is not None:
            return _DECIMAL + _by_byte(_steps(whole))
    if values.dtype.kind in "iu" and values.ndim == 1:
        steps = _steps(values)
        if values.dtype == np.int64 and beside is not None:
            relative = _steps(values - beside)
            if _bytes_needed(relative) < _bytes_needed(steps):
                return _BESIDE + _by_byte(relative)
        return _PLAIN + _by_byte(steps)
    return _PLAIN + _by_byte(values)


def _values(mark: bytes, data: bytes, field: np.dtype[Any], n: int) -> NDArray[Any]:
    raw = np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(-1, n).T).tobytes() if n else b""
    if mark == _DECIMAL:
        return _as_fractions(_sums(np.frombuffer(raw, np.int64)), field)
    values = np.frombuffer(raw, field.base).reshape(n, *field.shape)
    if field.kind in "iu" and not field.shape:
        return _sums(values)
    return values


def _as_whole(values: NDArray[Any]) -> NDArray[np.int64] | None:
    """None when some value is not such a fraction, to the bit."""
    missing = np.isnan(values)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(np.where(missing, 0.0, values).astype(np.float64) * _SCALES[values.dtype])
        if not (np.abs(scaled) < 2**53).all():
            return None
        whole = scaled.astype(np.int64)
    whole[missing] = _NOTHING
    return whole if _as_fractions(whole, values.dtype).tobytes() == values.tobytes() else None


def _as_fractions(whole: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.where(whole == _NOTHING, np.nan, whole / _SCALES[dtype]).astype(dtype)


def _steps(values: NDArray[Any]) -> NDArray[Any]:
    """Differences, those below nothing between those above: 0, -1, 1, -2, … so that the high bytes of all are zero."""
    signed = np.diff(values, prepend=values.dtype.type(0)).view(f"i{values.dtype.itemsize}")
    folded: NDArray[Any] = (signed << 1) ^ (signed >> (8 * signed.itemsize - 1))
    return folded


def _bytes_needed(folded: NDArray[np.int64]) -> float:
    return float(np.log2(np.maximum(folded.view(np.uint64), 1)).sum())


def _sums(folded: NDArray[Any]) -> NDArray[Any]:
    unsigned = folded.view(f"u{folded.dtype.itemsize}")
    one = unsigned.dtype.type(1)
    steps = (unsigned >> one) ^ (np.zeros_like(unsigned) - (unsigned & one))
    return np.cumsum(steps, dtype=unsigned.dtype).view(folded.dtype)


def _by_byte(values: NDArray[Any]) -> bytes:
    flat = np.ascontiguousarray(values)
    return np.ascontiguousarray(flat.reshape(len(flat), -1).view(np.uint8).T).tobytes() if len(flat) else b""
