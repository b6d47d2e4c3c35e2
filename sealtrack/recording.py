"""A topic to a file: reports to a feed that replays, everything else to lines of JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from sealtrack.columns import Reports, concat
from sealtrack.errors import InputError, Rejected
from sealtrack.io.codecs import Codec, time_text
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.io.codecs.load import load_object
from sealtrack.io.files.report_writer import writing_lines, writing_reports
from sealtrack.io.ports import RecordBatch

ROWS_AT_ONCE = 50_000
"""Reports are written so many at a time, a row group of a Parquet file, or fewer when no more come."""
MOST_FAULTS = 1_000
"""Kept for whoever asks what is wrong; the others are counted."""

Tell = Callable[[int], None]
"""Called with the records read so far."""


@dataclass
class Recorded:
    """What went into the file, and what did not."""

    records: int = 0
    """Read."""
    rows: int = 0
    """Written."""
    faulty: int = 0
    """Records that could not be read, in whole or in one field: the service sets them aside."""
    faults: list[Rejected] = field(default_factory=list)
    """The first of what is wrong with them."""

    def add(self, rejected: list[Rejected]) -> None:
        """What was wrong in a batch."""
        self.faulty += len({(one.partition, one.offset) for one in rejected})
        self.faults += rejected[: max(0, MOST_FAULTS - len(self.faults))]


def record_reports(path: Path, polls: Iterable[Sequence[RecordBatch]], codec: Codec, tell: Tell) -> Recorded:
    """Write the reports of these records, each with the record's timestamp as `received`.

    InputError, and no file, if there are none.
    """
    done = Recorded()
    waiting: list[Reports] = []
    with writing_reports(path) as write:
        for batches in polls:
            for batch in batches:
                reports, rejected = codec.decode_reports(batch)
                done.records += len(batch)
                done.rows += len(reports)
                done.add(rejected)
                waiting.append(reports)
            if waiting and (not batches or sum(map(len, waiting)) >= ROWS_AT_ONCE):
                write(concat(waiting))
                waiting.clear()
            tell(done.records)
        write(concat(waiting))
        _require(done, path)
    return done


def record_objects(
    path: Path, polls: Iterable[Sequence[RecordBatch]], tell: Tell, *, compacted: bool = False, received: bool = False
) -> Recorded:
    """Write the JSON objects of these records, a line each.

    `compacted`: only the last of each key, none of a key that was deleted. `received`: with the record's timestamp as
    the field of this name. InputError, and no file, if there are none.
    """
    done = Recorded()
    lines = _lines(polls, done, tell, received=received, compacted=compacted)
    with writing_lines(path) as write:
        for line in lines:
            write(line)
            done.rows += 1
        _require(done, path)
    return done


def _lines(
    polls: Iterable[Sequence[RecordBatch]], done: Recorded, tell: Tell, *, received: bool, compacted: bool
) -> Iterator[bytes]:
    last: dict[bytes | None, bytes] = {}
    for batch in (batch for batches in polls for batch in batches):
        for row, (key, value) in enumerate(zip(batch.keys, batch.values, strict=True)):
            line = None if compacted and value is None else _line(batch, row, done, received=received)
            if not compacted:
                yield from () if line is None else (line,)
            elif line is not None:
                last[key] = line
            elif value is None:
                last.pop(key, None)
        done.records += len(batch)
        tell(done.records)
    yield from last.values()


def _line(batch: RecordBatch, row: int, done: Recorded, *, received: bool) -> bytes | None:
    value = batch.values[row]
    try:
        found = load_object(value)
    except FieldError as error:
        place = batch.topic, batch.partition, int(batch.offsets[row])
        done.add([Rejected(*place, "", error.reason, error.message, value or b"")])
        return None
    if received:
        found["received"] = time_text(int(batch.timestamps_ms[row]))
    return msgspec.json.encode(found)


def _require(done: Recorded, path: Path) -> None:
    if not done.rows:
        raise InputError(f"{path}: {done.records} records, and nothing to write among them; check --from and --to")
