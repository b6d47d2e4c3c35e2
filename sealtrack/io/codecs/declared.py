"""Records of a declared class (`Shipment`, `Sighting`) from JSON objects or table rows: one way to read them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from sealtrack.errors import Rejected
from sealtrack.io.codecs.coerce import FieldError, coerce
from sealtrack.io.codecs.load import load_object
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Field, fields

Record = TypeVar("Record")


class Origin(NamedTuple):
    """Where a record stood, and the record as it came."""

    source: str
    partition: int
    offset: int
    value: bytes

    def rejected(self, field: str, reason: str, message: str) -> Rejected:
        return Rejected(self.source, self.partition, self.offset, field, reason, message, self.value)


@dataclass(frozen=True, slots=True)
class Form(Generic[Record]):
    """How one sort of record is read."""

    record: type[Record]
    noun: str
    """What it is called in a sentence."""
    check: Callable[[dict[str, Any], Origin, list[Rejected]], bool]
    """Whether clean fields make sense together; says so in the list if not, and may leave some of them out."""
    readable: frozenset[str] = frozenset()
    """Optional fields that must be readable if they are there."""

    @property
    def fields(self) -> tuple[Field, ...]:
        declared: type = self.record
        return fields(declared)


def decode_declared(batch: RecordBatch, form: Form[Record]) -> tuple[list[tuple[int, Record]], list[Rejected]]:
    """(row of the batch, record) in order, and what could not be read. Never raises."""
    found: list[tuple[int, Record]] = []
    rejected: list[Rejected] = []
    for row, (offset, value) in enumerate(zip(batch.offsets.tolist(), batch.values, strict=True)):
        one = record_of(_loaded(value), form, Origin(batch.topic, batch.partition, offset, value or b""), rejected)
        if one is not None:
            found.append((row, one))
    return found, rejected


def _loaded(value: bytes | None) -> dict[str, Any] | FieldError:
    try:
        return load_object(value)
    except FieldError as error:
        return error


def record_of(
    found: dict[str, Any] | FieldError, form: Form[Record], origin: Origin, rejected: list[Rejected]
) -> Record | None:
    """The record in `found`; None if it is no object, or a required field is absent or unreadable.

    An unreadable optional field is left out: a shipment under way is better watched without its deadline than not at
    all. Either way `rejected` names the field.
    """
    if isinstance(found, FieldError):
        rejected.append(origin.rejected("", found.reason, f"{found.message}; the {form.noun} is not used"))
        return None
    before = len(rejected)
    clean = dict(_clean(found, form, origin, rejected))
    needed = {item.name for item in form.fields if item.required} | form.readable
    if any(one.field in needed for one in rejected[before:]) or not form.check(clean, origin, rejected):
        return None
    return form.record(**clean)


def _clean(
    found: dict[str, Any], form: Form[Record], origin: Origin, rejected: list[Rejected]
) -> Iterator[tuple[str, Any]]:
    for item in form.fields:
        try:
            value = coerce(item, found.get(item.name))
        except FieldError as error:
            needed = item.required or item.name in form.readable
            outcome = "not used" if needed else "used without it"
            message = f"{error.message}; the {form.noun} is {outcome}"
            rejected.append(origin.rejected(item.name, error.reason, message))
            continue
        if value is not None:
            yield item.name, value
        elif item.required:
            message = f"{item.name} is required and absent; the {form.noun} is not used"
            rejected.append(origin.rejected(item.name, "missing", message))
