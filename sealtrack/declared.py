"""What was declared of a shipment in the end: of its records the one with the latest `amended_at`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sealtrack.schema import NO_TIME, Shipment


def holds_from(shipment: Shipment) -> int:
    """Ms from which a record holds; NO_TIME = from the start."""
    return NO_TIME if shipment.amended_at is None else shipment.amended_at


def terms_at(records: Sequence[Shipment], t_ms: int) -> Shipment:
    """Of a shipment's records in the order of `holds_from`, the one in force; before all of them the first."""
    return next((record for record in reversed(records) if holds_from(record) <= t_ms), records[0])


def last_terms(records: Iterable[Shipment]) -> list[Shipment]:
    """One record a shipment, its last terms, in the order in which the shipments first appear."""
    last: dict[str, Shipment] = {}
    for record in records:
        known = last.get(record.shipment_id)
        if known is None or holds_from(record) >= holds_from(known):
            last[record.shipment_id] = record
    return list(last.values())
