"""The native codec: one JSON object a report, with the field names of `sealtrack.schema.Report`."""

from __future__ import annotations

from typing import Any

from sealtrack.columns import Reports
from sealtrack.errors import Rejected
from sealtrack.io.codecs import scan
from sealtrack.io.codecs.records import Form, decode_records
from sealtrack.io.codecs.wire import Fault, wire_of
from sealtrack.io.ports import RecordBatch


def decode_reports(batch: RecordBatch) -> tuple[Reports, list[Rejected]]:
    """Reports in `batch` and what could not be read in it. `received` is the record's timestamp. Never raises."""
    return decode_records(batch, FORM)


def read_object(found: dict[str, Any], row: int, faults: list[Fault], _received_ms: int | None) -> Any:
    """A native report; when it was received is not needed, it says its own time."""
    return wire_of(found, row, faults)


FORM = Form(read_object, scan.NATIVE)
