"""All shipments that were ever declared, as every worker reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sealtrack.declared import last_terms
from sealtrack.errors import Rejected
from sealtrack.io.codecs.shipments import decode_shipments, record_named
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Shipment, Time


class Book:
    """Records by shipment and `amended_at`."""

    def __init__(self) -> None:
        self._records: dict[str, dict[Time | None, Shipment]] = {}
        self._of_seal: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Shipment]:
        return (record for terms in self._records.values() for record in terms.values())

    def last_terms(self) -> list[Shipment]:
        """One record a shipment."""
        return last_terms(self)

    def add(self, batch: RecordBatch) -> tuple[list[Shipment], list[Rejected]]:
        """Take in records; those that can be read, and what cannot.

        A deleted record is judged no more from the next start on.
        """
        kept = [row for row, value in enumerate(batch.values) if value is not None]
        for key in [batch.keys[row] for row, value in enumerate(batch.values) if value is None]:
            self.forget((key or b"").decode(errors="replace"))
        found, rejected = decode_shipments(batch.take(kept))
        self.note(found)
        return found, rejected

    def of_seals(self, seals: Collection[str]) -> list[Shipment]:
        """All records of the shipments under these seals."""
        ids = sorted({shipment_id for seal in seals for shipment_id in self._of_seal.get(seal, ())})
        return [record for shipment_id in ids for record in self._records.get(shipment_id, {}).values()]

    def note(self, records: Iterable[Shipment]) -> None:
        """Add records; one of the same shipment and `amended_at` replaces the one before."""
        for record in records:
            self._records.setdefault(record.shipment_id, {})[record.amended_at] = record
            self._of_seal.setdefault(record.seal_id, set()).add(record.shipment_id)

    def forget(self, key: str) -> None:
        """Remove the record that this key of the compacted topic names."""
        shipment_id, amended_at = record_named(key, self._records)
        terms = self._records.get(shipment_id, {})
        terms.pop(amended_at, None)
        if not terms:
            self._records.pop(shipment_id, None)
