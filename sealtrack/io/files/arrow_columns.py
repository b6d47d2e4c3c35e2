"""Arrow columns, as CSV and Parquet give them, to the clean columns that `codecs.pack` packs.

Numbers and times go through Arrow's own parsers where a value is plainly written; all else is read by `coerce`, which
accepts or refuses it with the same words as in JSON. pyarrow does this because it parses and casts in C++ (a
million CSV rows in under two seconds) and is needed for Parquet anyway.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sealtrack.io.codecs.coerce import FieldError, coerce, number_range, shown
from sealtrack.io.codecs.pack import Coded, Draft, draft_of
from sealtrack.io.codecs.times import EARLIEST_MS, LATEST_MS
from sealtrack.io.codecs.wire import REPORT_FIELDS, Fault
from sealtrack.io.files.parquet_columns import values
from sealtrack.schema import NO_TIME, Field, FieldType

SHORTEST_TIME = len("2024-05-01T08:00:00Z")
INEXACT_FROM = float(1 << 53)
MOST_KNOWN = 1 << 16
"""Texts of a field whose meaning is remembered."""
_PLAIN_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,17})?$"
_PLAIN_WHOLE = r"^-?[0-9]{1,15}$"
_PLAIN_TIME = (
    r"^(19[7-9][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
)


def draft_of_table(table: pa.RecordBatch) -> Draft:
    """Pack the columns of `table` that `Report` declares; the others are ignored."""
    faults: list[Fault] = []
    columns = {}
    for item in REPORT_FIELDS:
        if item.name in table.schema.names:
            columns[item.name] = _read_column(item, table.column(item.name), faults)
    return draft_of(columns, len(table), faults)


def _read_column(item: Field, column: pa.Array, faults: list[Fault]) -> Any:
    coded = pa.types.is_dictionary(column.type)
    if item.f.type not in (FieldType.TIME, FieldType.FLOAT, FieldType.INT):
        if pa.types.is_nested(column.type):
            return _read_each(item, values(column), range(len(column)), faults)
        return _read_coded(item, column if coded else column.dictionary_encode(), faults)
    if coded:
        column = column.dictionary_decode()
    numbers, missing = _plain_numbers(item, column)
    if not missing.any():
        return numbers
    doubtful = np.flatnonzero(missing & np.asarray(_is_given(column)))
    doubted = column.take(pa.array(doubtful))
    if pa.types.is_timestamp(column.type) and column.type.tz:
        doubted = _milliseconds(doubted)  # Python's own times end with the year 9999
    for row, value in zip(doubtful, _read_each(item, values(doubted), doubtful, faults), strict=True):
        if value is not None:
            numbers[row] = value
    return numbers


def _read_coded(item: Field, column: pa.DictionaryArray, faults: list[Fault]) -> Coded:
    """Each value of a column is read once: there are few in a column of text."""
    codes, dictionary = _used(column)
    found = [_read_one(item, value) for value in values(dictionary)]
    errors = {code: value for code, value in enumerate(found) if isinstance(value, FieldError)}
    if errors:
        for row in np.flatnonzero(np.isin(codes, list(errors))).tolist():
            error = errors[codes[row]]
            faults.append(Fault(row, item.name, error.reason, error.message))
    return Coded([None if isinstance(value, FieldError) else value for value in found], codes)


def _used(column: pa.DictionaryArray) -> tuple[NDArray[np.int32], pa.Array]:
    """Codes, -1 for null, and the values that they stand for; a file's dictionary may hold others."""
    codes = np.asarray(pc.fill_null(column.indices.cast(pa.int32()), -1))
    used = np.zeros(len(column.dictionary) + 1, bool)
    used[codes] = True
    used = used[:-1]
    if used.all():
        return codes, column.dictionary
    renumbered = np.append(np.cumsum(used, dtype=np.int32) - 1, np.int32(-1))
    return renumbered[codes], column.dictionary.filter(pa.array(used))


def _read_each(item: Field, told: list[Any], rows: Any, faults: list[Fault]) -> list[Any]:
    """`coerce` on each value; equal values, the rule in such columns, are read once."""
    known: dict[Any, Any] = {}
    found = []
    for row, value in zip(rows, told, strict=True):
        key = (type(value), repr(value) if isinstance(value, list | dict) else value)
        if key not in known:
            known[key] = _read_one(item, value)
        result = known[key]
        if isinstance(result, FieldError):
            faults.append(Fault(int(row), item.name, result.reason, result.message))
            result = None
        found.append(result)
    return found


def _read_one(item: Field, value: Any) -> object | FieldError | None:
    try:
        return _TEXTS[item.name](value) if isinstance(value, bytes | str) else coerce(item, value)
    except FieldError as error:
        return error


def _read_text(item: Field, value: bytes | str) -> object | None:
    if isinstance(value, str):
        return coerce(item, value)
    own = value.decode().encode("latin-1")  # CSV is read as Latin-1; these are the file's own bytes again
    try:
        return coerce(item, own.decode())
    except UnicodeDecodeError:
        raise FieldError("not_utf8", f"{shown(own)} is not UTF-8; save the file in UTF-8") from None


_TEXTS = {item.name: lru_cache(MOST_KNOWN)(partial(_read_text, item)) for item in REPORT_FIELDS}
"""By field: what a text means. The names of seals come again in every chunk."""


def _is_given(column: pa.Array) -> pa.Array:
    """False for null, for empty text, and for NaN, which is how tables of floats write null."""
    given = pc.invert(pc.is_null(column, nan_is_null=True))
    if is_text(column.type):
        given = pc.and_(given, pc.fill_null(pc.greater(pc.binary_length(column), 0), False))
    return given


def is_text(kind: pa.DataType) -> bool:
    t = pa.types
    return bool(t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind) or t.is_large_binary(kind))


def _plain_numbers(item: Field, column: pa.Array) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Packed values of what is plainly written, and where none was found."""
    dtype = np.float64 if item.f.type is FieldType.FLOAT else np.int64
    absent = {FieldType.TIME: NO_TIME, FieldType.FLOAT: np.nan, FieldType.INT: item.f.missing}[item.f.type]
    try:
        plain = _plain(item, column)
    except pa.ArrowInvalid:  # one 30 February spoils the cast of its column; `coerce` will find it
        plain = pa.nulls(len(column), pa.from_numpy_dtype(dtype))
    filled = np.asarray(pc.fill_null(plain, 0))
    low, high = (EARLIEST_MS, LATEST_MS) if item.f.type is FieldType.TIME else number_range(item)
    missing = ~((filled >= low) & (filled <= high))  # also NaN
    if plain.null_count:
        missing |= np.asarray(pc.is_null(plain))
    return np.where(missing, dtype(absent), filled) if missing.any() else filled, missing


def _plain(item: Field, column: pa.Array) -> pa.Array:
    """Float64 or int64 of the plainly written values, null elsewhere."""
    kind = column.type
    target = pa.float64() if item.f.type is FieldType.FLOAT else pa.int64()
    if is_text(kind):
        try:
            return _at_once(item, column)
        except pa.ArrowInvalid:  # one value at least is not plain
            return _one_by_one(item, column, target)
    if pa.types.is_timestamp(kind) and kind.tz and item.f.type is FieldType.TIME:
        return _milliseconds(column)
    if pa.types.is_integer(kind) or (pa.types.is_floating(kind) and item.f.type is FieldType.FLOAT):
        return column.cast(target)
    return pa.nulls(len(column), target)


def _at_once(item: Field, column: pa.Array) -> pa.Array:
    """Text through Arrow's parsers; ArrowInvalid if one value is none of theirs.

    What they take is what `coerce` takes, with the same result, but for times without seconds, which are shorter, and
    hexadecimal integers; hence the look at lengths, and whole numbers as floats first.
    """
    length = pc.binary_length(column)
    shortest = pc.min(length).as_py() or 0
    if not shortest:
        is_given = pc.greater(length, 0)
        column = pc.if_else(is_given, column, pa.scalar(None, column.type))
        shortest = pc.min(pc.if_else(is_given, length, pa.scalar(None, length.type))).as_py() or 0
    given = column.cast(pa.string())
    if item.f.type is FieldType.TIME and shortest >= SHORTEST_TIME:
        return _milliseconds(given.cast(pa.timestamp("us", "UTC")))
    numbers = given.cast(pa.float64())
    if item.f.type is FieldType.FLOAT:
        return numbers
    is_whole = pc.and_(pc.equal(pc.trunc(numbers), numbers), pc.less(pc.abs(numbers), INEXACT_FROM))
    return pc.if_else(is_whole, numbers, pa.scalar(None, pa.float64())).cast(pa.int64())


def _one_by_one(item: Field, column: pa.Array, target: pa.DataType) -> pa.Array:
    """Text, but only what a pattern knows to be plain: slower, and the odd values stand out."""
    if item.f.type is FieldType.TIME:
        moments = _matching(column, _PLAIN_TIME).cast(pa.timestamp("us", "UTC"))
        return pc.coalesce(_milliseconds(moments), _matching(column, _PLAIN_WHOLE).cast(pa.int64()))
    return _matching(column, _PLAIN_NUMBER if item.f.type is FieldType.FLOAT else _PLAIN_WHOLE).cast(target)


def _milliseconds(moments: pa.Array) -> pa.Array:
    """Of a timestamp column of any unit, rounded down."""
    ticks = moments.cast(pa.int64())
    match moments.type.unit:
        case "ms":
            return ticks
        case "s":
            return pc.multiply_checked(ticks, 1000)
        case unit:
            per_ms = 1_000 if unit == "us" else 1_000_000
            whole = np.asarray(pc.fill_null(ticks, 0)) // per_ms
            return pa.array(whole, mask=np.asarray(pc.is_null(ticks)))


def _matching(column: pa.Array, pattern: str) -> pa.Array:
    """Text of the values that match `pattern` (ASCII only), null elsewhere."""
    plain = pc.match_substring_regex(column, pattern)
    return pc.if_else(plain, column, pa.scalar(None, column.type)).cast(pa.string())
