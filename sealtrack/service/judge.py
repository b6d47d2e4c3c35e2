"""What the service asks of the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sealtrack.across import Digest
from sealtrack.columns import Reports
from sealtrack.engine.atlas import Edition
from sealtrack.engine.figures import Figures
from sealtrack.schema import Alert, Shipment


class Judge(Protocol):
    """What the service asks of `sealtrack.engine.Engine`."""

    @property
    def clock_ms(self) -> int | None:
        """The time up to which the rules have been applied; None before the first report."""

    def register(self, shipments: Sequence[Shipment]) -> tuple[list[Alert], list[str]]:
        """Take in new and changed shipments; alerts that changed, and a line for each that cannot be judged."""

    def follow(self, editions: Sequence[Edition]) -> list[Alert]:
        """Take these for all the editions of the geofences there are; the versions that follow."""

    def process(self, reports: Reports, clock_ms: int | None = None) -> list[Alert]:
        """Every new version of an alert, in order. `clock_ms` lets time pass beyond the last report."""

    def flags(self, shipment_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The `seal.flagged` record of each of these: `sealtrack.schema.FlagRecord`."""

    def late_shipments(self) -> list[str]:
        """Shipments of which more reports beyond the horizon were read since the last call: their flags changed."""

    def unclaimed(self) -> list[str]:
        """A line for each seal that reports, and each name that was sighted, without a known shipment."""

    @property
    def heard_ms(self) -> int | None:
        """When the first report of all was received; None before it."""

    def hear_of(self, received_ms: int) -> list[Alert]:
        """Another lane heard somebody at this time; the versions that follow."""

    def take_digests(self) -> list[Digest]:
        """What other lanes need to know, as far as it is new."""

    def hear(self, digests: Iterable[Digest]) -> list[Alert]:
        """What other lanes told; the versions that follow. It may come twice, and late."""

    def figures(self) -> Figures:
        """How much there is to do with."""

    def forget(self) -> list[str]:
        """Let go of what is long over; the ids of its alerts, which stand as they were told last."""

    def snapshot(self) -> bytes:
        """The whole state, for `restore`."""

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot; InputError when it does not fit this engine."""

    def adopt(self, published: Mapping[str, Alert], partly: Collection[str]) -> list[Alert]:
        """Take these versions, by alert id, for what readers have seen, whatever was said before.

        Returns the new versions by which what holds now differs from that. Of the shipments `partly` read, what is
        missing is not retracted, and what was not seen is not told.
        """
