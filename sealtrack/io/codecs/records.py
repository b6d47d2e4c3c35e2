"""What the report codecs share: a batch of Kafka records, one reader a record, packed rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import Reports
from sealtrack.errors import Rejected
from sealtrack.io.codecs.coerce import FieldError, coerce
from sealtrack.io.codecs.load import load_object
from sealtrack.io.codecs.pack import Draft, draft_of, settle
from sealtrack.io.codecs.wire import REPORT_FIELDS, Fault, Wire
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import NO_TIME, Field, FieldType

ReadObject = Callable[[dict[str, Any], int, list[Fault], int | None], Any]
"""(JSON object, row, faults, received_ms or None) -> Wire. Appends to faults, never raises."""


def decode_records(batch: RecordBatch, read_object: ReadObject) -> tuple[Reports, list[Rejected]]:
    """Reports of `batch`; `received_ms` is the record's timestamp, whatever the payload says."""
    faults: list[Fault] = []
    stamps = [None if stamp < 0 else stamp for stamp in batch.timestamps_ms.tolist()]
    wires = [
        read_value(read_object, value, row, faults, stamp)
        for row, (value, stamp) in enumerate(zip(batch.values, stamps, strict=True))
    ]
    for wire in wires:
        wire.received = None
    draft = draft_of_wires(wires, [fault for fault in faults if fault.field != "received"])
    rows = draft.rows
    # A topic without timestamps is misconfigured; the device's own time is the best stand-in.
    rows["received_ms"] = np.where(batch.timestamps_ms < 0, rows["time_ms"], batch.timestamps_ms)
    rows["partition"] = batch.partition
    rows["offset"] = batch.offsets
    return settle(draft, batch.topic, lambda row: batch.values[row] or b"")


def read_value(
    read_object: ReadObject, value: bytes | None, row: int, faults: list[Fault], received_ms: int | None
) -> Any:
    """One record as a `Wire`, a blank one if `value` is no JSON object (then a fault is added). Never raises."""
    try:
        return read_object(load_object(value), row, faults, received_ms)
    except FieldError as error:
        faults.append(Fault(row, "", error.reason, error.message))
        return Wire()


def draft_of_wires(wires: Sequence[Any], faults: list[Fault]) -> Draft:
    """Pack `wires`; `received_ms` is the payload's own, NO_TIME where it has none."""
    columns: dict[str, Any] = {}
    for item in REPORT_FIELDS:
        values = list(map(attrgetter(item.name), wires))
        match item.f.type:
            case FieldType.TIME:
                columns[item.name] = _times(item, values, faults)
            case FieldType.FLOAT:
                columns[item.name] = np.array(values, np.float64)  # None becomes NaN
            case FieldType.INT:
                columns[item.name] = [item.f.missing if value is None else value for value in values]
            case _:
                columns[item.name] = values
    return draft_of(columns, len(wires), faults)


def _times(item: Field, values: Iterable[object], faults: list[Fault]) -> NDArray[np.int64]:
    """Milliseconds of each value, NO_TIME where absent or unreadable (then a fault is added)."""
    found = []
    for row, value in enumerate(values):
        try:
            ms = coerce(item, value)
        except FieldError as error:
            faults.append(Fault(row, item.name, error.reason, error.message))
            ms = None
        found.append(NO_TIME if ms is None else ms)
    return np.array(found, np.int64)
