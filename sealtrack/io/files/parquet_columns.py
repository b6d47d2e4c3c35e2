"""Columns of a Parquet file as plain ones: programs write far more types than there are meanings.

Text may be a dictionary, a view or plain bytes, a whole number a decimal; and a column may hold what Python has no
value for (the year 300,000, bytes that are no UTF-8). None of that may cost more than the value it stands in.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def plain(column: pa.Array) -> pa.Array:
    """The same values: text as string, as binary only where it is not all UTF-8; times with a zone in UTC."""
    if isinstance(column, pa.ExtensionArray):  # such as a UUID, which Python shows as everybody writes it
        return pa.array([None if value is None else str(value) for value in values(column)], pa.string())
    kind = column.type
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(column.indices, plain(column.dictionary))
    if pa.types.is_timestamp(kind) and kind.tz:
        return column.cast(pa.timestamp(kind.unit, "UTC"))
    if pa.types.is_decimal(kind):
        return _numbers(column)
    return _text(column) if _is_bytes(kind) else column


def values(column: pa.Array) -> list[Any]:
    """As Python's own; what Python has no value for as a text that shows it."""
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        found = [_value(column.slice(row, 1)) for row in range(len(column))]
    return found


def _value(one: pa.Array) -> Any:
    try:
        return one[0].as_py()
    except (ValueError, OverflowError):
        return " ".join(one.to_string().split()).removeprefix("[ ").removesuffix(" ]")


def _numbers(column: pa.Array) -> pa.Array:
    if column.type.scale <= 0:
        try:
            return column.cast(pa.int64())  # ids and times come so from databases
        except pa.ArrowInvalid:
            pass  # larger than any number that has a meaning
    return column.cast(pa.float64())


def _text(column: pa.Array) -> pa.Array:
    raw = column.cast(pa.binary())
    try:
        return raw.cast(pa.string())  # which looks at the bytes; that of a string column to itself does not
    except pa.ArrowInvalid:
        return raw


def _is_bytes(kind: pa.DataType) -> bool:
    is_kinds = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view", "fixed_size_binary")
    return any(getattr(pa.types, f"is_{name}")(kind) for name in is_kinds)
