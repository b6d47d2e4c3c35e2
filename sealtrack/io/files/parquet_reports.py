"""Reports from Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sealtrack.errors import InputError
from sealtrack.io.files.arrow_columns import draft_of_table, is_text
from sealtrack.io.files.chunks import Chunk
from sealtrack.io.files.opening import Progress, require_columns
from sealtrack.schema import Field, FieldType, Report, fields

CHUNK_ROWS = 100_000


def read_parquet(path: Path, on_progress: Progress | None) -> Iterator[Chunk]:
    """Chunks of 100,000 rows. InputError if a required column is absent, or a time column has no zone."""
    with _open(path) as file:
        total = file.metadata.num_rows
        wanted = [item.name for item in fields(Report) if item.name in file.schema_arrow.names]
        done, size = 0, path.stat().st_size
        for table in file.iter_batches(CHUNK_ROWS, columns=wanted):
            draft = draft_of_table(table)
            draft.rows["offset"] = np.arange(done + 1, done + 1 + len(table))
            yield Chunk(draft, partial(_row_text, table), [])
            done += len(table)
            if on_progress:
                on_progress(size * done // total, size)


def _open(path: Path) -> pq.ParquetFile:
    """Columns of text come as the codes that they are in the file: 65 ns a report less, of 170 for all of reading."""
    with pq.ParquetFile(path) as file:
        metadata, schema = file.metadata, file.schema_arrow
    require_columns(path, schema.names, Report)
    _require_zones(path, schema)
    texts = [item.name for item in fields(Report) if item.name in schema.names and _is_coded(item, schema)]
    return pq.ParquetFile(path, metadata=metadata, read_dictionary=texts)


def _is_coded(item: Field, schema: pa.Schema) -> bool:
    return item.f.type not in (FieldType.TIME, FieldType.FLOAT, FieldType.INT) and is_text(schema.field(item.name).type)


def _require_zones(path: Path, schema: pa.Schema) -> None:
    for item in fields(Report):
        if item.f.type is FieldType.TIME and item.name in schema.names:
            kind = schema.field(item.name).type
            if pa.types.is_timestamp(kind) and not kind.tz:
                raise InputError(f"{path}: column {item.name} has no time zone; write it as timestamp in UTC")


def _row_text(table: pa.RecordBatch, row: int) -> bytes:
    return json.dumps(table.slice(row, 1).to_pylist()[0], default=str).encode()
