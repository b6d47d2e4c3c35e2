"""Reports from newline-delimited JSON, native or as Traccar forwards them, line by line whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sealtrack.io.codecs import json, scan, traccar
from sealtrack.io.codecs.records import Form, draft_of_values
from sealtrack.io.codecs.wire import Fault
from sealtrack.io.files.chunks import Chunk
from sealtrack.io.files.lines import line_blocks
from sealtrack.io.files.opening import Progress, open_bytes


def read_ndjson(path: Path, compression: str | None, on_progress: Progress | None) -> Iterator[Chunk]:
    """Chunks of about 8 MB of text. The row number is the line number; blank lines are passed over."""
    total = path.stat().st_size
    with open_bytes(path, compression) as (stream, told):
        for block in line_blocks(stream):
            if block:
                yield _chunk(block)
            if on_progress:
                on_progress(told(), total)


def _chunk(block: list[tuple[int, bytes]]) -> Chunk:
    lines = [line for _, line in block]
    form = _TRACCAR if b'"position"' in lines[0] else _NATIVE  # what the others are is seen line by line
    draft = draft_of_values(lines, np.full(len(lines), -1), form)
    draft.rows["offset"] = [number for number, _ in block]
    return Chunk(draft, lambda row: lines[row], [])


def _read_object(found: dict[str, Any], row: int, faults: list[Fault], received_ms: int | None) -> Any:
    codec = traccar if traccar.is_traccar(found) else json
    return codec.read_object(found, row, faults, received_ms)


_NATIVE, _TRACCAR = Form(_read_object, scan.NATIVE), Form(_read_object, scan.TRACCAR)
