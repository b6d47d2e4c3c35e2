"""The native codec: one JSON object a report, with the field names of `sealtrack.schema.Report`."""

from __future__ import annotations

from typing import Any

from sealtrack.columns import Reports
from sealtrack.errors import Rejected
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.io.codecs.load import load_object
from sealtrack.io.codecs.records import decode_records
from sealtrack.io.codecs.wire import Fault, Wire, wire_of
from sealtrack.io.ports import RecordBatch


def decode_reports(batch: RecordBatch) -> tuple[Reports, list[Rejected]]:
    """Reports in `batch` and what could not be read in it. `received` is the record's timestamp. Never raises."""
    return decode_records(batch, read_value)


def read_value(value: bytes | None, row: int, faults: list[Fault], _received_ms: int | None) -> Any:
    """One record as a `Wire`; when it was received is not needed, a native report says its own time."""
    try:
        return wire_of(load_object(value), row, faults)
    except FieldError as error:
        faults.append(Fault(row, "", error.reason, error.message))
        return Wire()
