"""Reports from CSV."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from sealtrack.errors import InputError, Rejected
from sealtrack.io.codecs.pack import draft_of
from sealtrack.io.files.arrow_columns import draft_of_table
from sealtrack.io.files.chunks import Chunk
from sealtrack.io.files.opening import BLOCK_BYTES, Progress, open_bytes, require_columns
from sealtrack.schema import Report

_ENDLESS = ("out of sync with chunker", "straddles two block boundaries")
"""What Arrow says of a row that is longer than a block, as all that follows a quote is until the next one."""


def read_csv(path: Path, compression: str | None, on_progress: Progress | None) -> Iterator[Chunk]:
    """Chunks of about 100,000 rows. InputError if the header lacks a required column."""
    names, bom = _header(path, compression)
    require_columns(path, names, Report)
    ragged: list[Any] = []

    def set_aside(row: Any) -> str:
        ragged.append(row)
        return "skip"

    total = path.stat().st_size
    numbers = RowNumbers()
    with open_bytes(path, compression) as (stream, told):
        if bom:
            stream.read(len(codecs.BOM_UTF8))
        reader = pyarrow.csv.open_csv(
            stream,
            # One thread: only then does the parser say which row was ragged. It is not the slowest part.
            # Latin-1: then no byte is invalid, and one bad byte spoils one value; `draft_of_table` turns text back.
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False, encoding="latin-1"),
            parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=set_aside),
            convert_options=pyarrow.csv.ConvertOptions(column_types={_latin(name): pa.binary() for name in names}),
        )
        for table in _tables(path, reader, numbers):
            draft = draft_of_table(table)
            bad = [_ragged(path, row) for row in ragged]
            numbers.skip({one.offset for one in bad})
            ragged.clear()
            draft.rows["offset"] = numbers.take(len(table))
            yield Chunk(draft, partial(csv_line, table), bad)
            if on_progress:
                on_progress(told(), total)
    if ragged:
        yield Chunk(draft_of({}, 0, []), lambda _: b"", [_ragged(path, row) for row in ragged])


def _tables(path: Path, reader: pyarrow.csv.CSVStreamingReader, numbers: RowNumbers) -> Iterator[pa.RecordBatch]:
    """What the parser gives. It cannot go on where a row does not end within a block."""
    try:
        yield from reader
    except pa.ArrowInvalid as error:
        if not any(sign in str(error) for sign in _ENDLESS):
            raise
        remedy = "close the quote, or double it where it is meant"
        raise InputError(
            f"{path}: a row after row {numbers.next - 1} has no end: a quote is opened there and not closed, or it is "
            f"longer than {BLOCK_BYTES >> 20} MB; {remedy}"
        ) from None


class RowNumbers:
    """Numbers data rows from 1, leaving out those that the parser set aside."""

    def __init__(self) -> None:
        self.next = 1
        """The first that has no row yet."""
        self._skipped: set[int] = set()

    def skip(self, numbers: set[int]) -> None:
        self._skipped |= numbers

    def take(self, n: int) -> NDArray[np.int64]:
        numbers = np.arange(self.next, self.next + n + len(self._skipped))
        numbers = numbers[~np.isin(numbers, list(self._skipped))][:n]
        if n:
            self.next = int(numbers[-1]) + 1
        self._skipped = {number for number in self._skipped if number >= self.next}
        return numbers


def csv_line(table: pa.RecordBatch, row: int) -> bytes:
    """One row of a Latin-1 table as CSV, all its columns, in the file's own bytes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([column[row].as_py().decode() for column in table.columns])
    return line.getvalue().encode("latin-1")


def _header(path: Path, compression: str | None) -> tuple[list[str], bool]:
    """Column names, and whether a byte order mark stands before them."""
    with open_bytes(path, compression) as (stream, _):
        first = stream.read(1 << 16).split(b"\n", 1)[0]
    if not first.strip():
        raise InputError(f"{path}: the first line is empty; expected column names")
    try:
        names = next(csv.reader([first.decode("utf-8-sig").rstrip("\r")]), [])
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: the first line is no CSV header in UTF-8") from None
    return names, first.startswith(codecs.BOM_UTF8)


def _latin(name: str) -> str:
    """A column's name as the Latin-1 parser sees it."""
    return name.encode().decode("latin-1")


def _ragged(path: Path, row: Any) -> Rejected:
    message = f"{row.actual_columns} values under {row.expected_columns} columns; quote values that hold a comma"
    if lines := row.text.count("\n"):
        message += f", and close each quote: the row goes on for {lines} more lines"
    number = row.number - 1  # the parser counts the header
    return Rejected(
        str(path), 0, number, "", "wrong_columns", f"{message}; the report is not used", row.text.encode("latin-1")
    )
