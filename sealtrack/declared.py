"""What was declared of a shipment in the end, of its records the one with the latest `amended_at`, and by which names a
sighting means it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sealtrack.schema import NO_TIME, Shipment, Sighting


class Key(NamedTuple):
    """What a sighting names its shipment by: `shipment`, `vehicle` or `seal`."""

    by: str
    name: str


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


def plain(text: str | None) -> str:
    """A name without case, blanks and punctuation: a plate is written in many ways."""
    folded = (text or "").casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


def key_of(sighting: Sighting) -> Key:
    """The first of the names that it gives."""
    named = [
        Key("shipment", plain(sighting.shipment_id)),
        Key("vehicle", plain(sighting.vehicle)),
        Key("seal", plain(sighting.seal_id)),
    ]
    return next((key for key in named if key.name), Key("vehicle", plain(sighting.plate)))


def keys_of(shipment: Shipment) -> set[Key]:
    """All names under which it can be seen."""
    keys = {Key("shipment", plain(shipment.shipment_id)), Key("seal", plain(shipment.seal_id))}
    if vehicle := plain(shipment.vehicle):
        keys.add(Key("vehicle", vehicle))
    return keys
