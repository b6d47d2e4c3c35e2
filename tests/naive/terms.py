"""Section 1, Terms: what is agreed on a shipment, and from when; whose a report is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sealtrack.policy import Policies, Policy
from sealtrack.schema import Shipment
from tests.naive.fences import Fences

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Case:
    """What every rule needs to know beside the reports."""

    shipment: Shipment
    """The last terms, or those in force (`at`)."""
    fences: Fences
    policy: Policy
    """Of these terms."""
    end: int
    """First millisecond that is not the shipment's."""
    clock: int
    records: tuple[Shipment, ...]
    """All terms, by `amended_at`."""
    policies: Policies
    first_heard: int | None = None
    """The least r of all reports read, whosever."""

    def number_at(self, t: int) -> int:
        """Which of the records is in force."""
        begun = [i for i, record in enumerate(self.records) if record.amended_at is None or record.amended_at <= t]
        return begun[-1] if begun else 0

    def at(self, t: int) -> Case:
        """The same case by the terms in force at t."""
        shipment = self.records[self.number_at(t)]
        return replace(self, shipment=shipment, policy=policy_of(shipment, self.policies))


def policy_of(shipment: Shipment, policies: Policies) -> Policy:
    # reading: a set that nobody declared is the default one
    return policies.sets.get(shipment.policy or "", policies.default)


def records_of(shipment_id: str, told: list[Shipment]) -> tuple[Shipment, ...]:
    """The records of a shipment by `amended_at`; of those with the same one, the one told last."""
    kept = {record.amended_at: record for record in told if record.shipment_id == shipment_id}
    return tuple(kept[at] for at in sorted(kept, key=lambda at: (at is not None, at or 0)))


def last_terms(told: list[Shipment]) -> list[Shipment]:
    """The last terms of every shipment."""
    return [records_of(shipment_id, told)[-1] for shipment_id in dict.fromkeys(record.shipment_id for record in told)]


def shipment_end(shipment: Shipment, shipments: list[Shipment]) -> int:
    """The first millisecond that no longer belongs to the shipment; `shipments`: the last terms of all."""
    order = sorted(
        (other for other in shipments if other.seal_id == shipment.seal_id), key=lambda s: (s.depart_at, s.shipment_id)
    )
    later = [s.depart_at for s in order[order.index(shipment) + 1 :]]
    closed = [] if shipment.closed_at is None else [shipment.closed_at + 1]
    return min([*later[:1], *closed, shipment.depart_at + 30 * DAY_MS])
