"""What the report codecs share: values in, packed rows out.

Two ways lead there. One value at a time through msgspec and `coerce` says what a value means and why one is refused;
`codecs.scan` reads the plain ones of a batch at once, compiled, and leaves the others to the first. Both give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import Reports, recode
from sealtrack.errors import Rejected
from sealtrack.io.codecs import scan
from sealtrack.io.codecs.coerce import FieldError, coerce
from sealtrack.io.codecs.load import load_object
from sealtrack.io.codecs.pack import Draft, draft_of, settle
from sealtrack.io.codecs.wire import REPORT_FIELDS, Fault, Wire
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import NO_TIME, Field, FieldType

ReadObject = Callable[[dict[str, Any], int, list[Fault], int | None], Any]
"""(JSON object, row, faults, received_ms or None) -> Wire. Appends to faults, never raises."""


class Form(NamedTuple):
    """A way to write a report."""

    read_object: ReadObject
    shape: int
    """What the scanner calls it."""


def decode_records(batch: RecordBatch, form: Form) -> tuple[Reports, list[Rejected]]:
    """Reports of `batch`; `received_ms` is the record's timestamp, whatever the payload says."""
    draft = draft_of_values(batch.values, batch.timestamps_ms, form)
    # The payload's own `received` is evidence, not input: whether it can be read is of no account.
    draft.faults = [fault for fault in draft.faults if fault.field != "received"]
    rows = draft.rows
    # A topic without timestamps is misconfigured; the device's own time is the best stand-in.
    rows["received_ms"] = np.where(batch.timestamps_ms < 0, rows["time_ms"], batch.timestamps_ms)
    rows["partition"] = batch.partition
    rows["offset"] = batch.offsets
    return settle(draft, batch.topic, lambda row: batch.values[row] or b"")


def draft_of_values(values: Sequence[bytes | None], stamps_ms: NDArray[np.int64], form: Form) -> Draft:
    """Pack `values`; `received_ms` is the payload's own, NO_TIME where it has none. Negative stamps are not known."""
    if not scan.is_ready(len(values)):
        return draft_one_by_one(values, stamps_ms, form.read_object)
    found = scan.scan(values, stamps_ms, form.shape)
    draft = Draft(found.rows, _numbered(found.seals), _numbered(found.cards))
    if len(found.odd):
        odd = draft_one_by_one([values[row] for row in found.odd], stamps_ms[found.odd], form.read_object)
        _put(draft, odd, found.odd)
    return draft


def draft_one_by_one(values: Sequence[bytes | None], stamps_ms: NDArray[np.int64], read_object: ReadObject) -> Draft:
    """The same, a value at a time."""
    faults: list[Fault] = []
    wires = [
        _read_value(read_object, value, row, faults, None if stamp < 0 else stamp)
        for row, (value, stamp) in enumerate(zip(values, stamps_ms.tolist(), strict=True))
    ]
    return draft_of_wires(wires, faults)


def _put(draft: Draft, part: Draft, at: NDArray[np.intp]) -> None:
    """Put the rows of `part` in their places, and number the names by first appearance as if read in one go."""
    rows = draft.rows
    rows[at] = part.rows
    for column, names, others in (("seal", draft.seals, part.seals), ("card", draft.cards, part.cards)):
        table = [names.setdefault(name, len(names)) for name in others]
        rows[column][at] = recode(part.rows[column], table)
        named = np.flatnonzero(rows[column] >= 0)
        codes, first = np.unique(rows[column][named], return_index=True)
        order = codes[np.argsort(first)]
        listed = list(names)
        names.clear()
        names.update(_numbered(listed[code] for code in order.tolist()))
        rank = np.empty(len(listed), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        rows[column][named] = rank[rows[column][named]]
    draft.faults += [fault._replace(row=int(at[fault.row])) for fault in part.faults]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _read_value(
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
