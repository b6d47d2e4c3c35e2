"""The engine: reports in, alert versions out. It knows no files, no topics and no wall clock.

    engine = Engine(load("geofences"), Policies())
    engine.register(shipments)
    for alert in engine.process(reports): ...

Reports are judged one by one in reading order, whatever the batches; see `docs/judgement.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.across import Digest
from sealtrack.columns import Reports
from sealtrack.core.admit import NOBODYS
from sealtrack.core.clock import CLOCK_DTYPE
from sealtrack.core.timers import NEVER
from sealtrack.engine import snapshot
from sealtrack.engine.admission import Admission
from sealtrack.engine.atlas import Atlas, Edition
from sealtrack.engine.figures import Figures, figures_of
from sealtrack.engine.findings import Findings
from sealtrack.engine.flags import Flags
from sealtrack.engine.held import Held
from sealtrack.engine.judging import BATCH, Judging
from sealtrack.engine.registry import Registry
from sealtrack.engine.sightings import Sightings
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.schema import FLAG_SIGHTING, NO_TIME, REPORT_DTYPE, Alert, Shipment

FORGET_SHARE = 0.1
"""So many of the shipments must be over before they are forgotten: the others are copied."""


class Engine:
    """Watches shipments. Not thread-safe: one engine, one thread.

    `shares_digests`: keep what other workers need to know for `take_digests`, which must then be called. `threads`: so
    many judge a large batch together, which makes no difference to anything that is said.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        policies: Policies | None = None,
        *,
        shares_digests: bool = False,
        threads: int = 1,
    ) -> None:
        if threads < 1:
            raise ValueError(f"threads={threads}: at least one must judge")
        policies = policies or Policies()
        self._policies = policies
        self._atlas = Atlas(catalogue)
        self._rules = self._atlas.rules(policies)
        self._shares, self._threads = shares_digests, threads
        self._begin()
        self._admission = Admission(policies)
        self._clock = np.zeros(1, CLOCK_DTYPE)
        self._clock["ms"] = self._clock["jump_ms"] = self._clock["seen_ms"] = NO_TIME
        self._clock["due_ms"] = self._clock["heard_ms"] = NEVER
        self._clock["horizon_ms"] = int(policies.default.horizon_s * 1e3)
        self._clock["latest_ms"] = self._admission.latest_ms
        self._judging = Judging(threads)

    def _begin(self) -> None:
        """Without any shipment."""
        self._registry = Registry(self._atlas, self._policies, self._threads)
        self._sightings = Sightings(self._registry)
        self._findings = Findings(self._registry, self._policies, shares=self._shares)
        self._flags = Flags()
        self._late_told, self._late_count = np.zeros(0, np.int32), -1
        self._held = Held()

    @property
    def clock_ms(self) -> int | None:
        """The time up to which the rules have been applied; None before the first report."""
        ms = int(self._clock["ms"][0])
        return None if ms == NO_TIME else ms

    def register(self, shipments: Sequence[Shipment]) -> tuple[list[Alert], list[str]]:
        """Insert or replace records of shipments, at any time: those of one shipment by `amended_at`.

        Returns the versions that follow from it (reports held for a new shipment are judged now, an amended one is
        judged again) and a line for each shipment that can be judged only in part. One that ended so long before the
        clock that it would be forgotten is not taken in.
        """
        if self.clock_ms is not None:
            limit_ms = self.clock_ms - self._admission.latest_ms
            shipments = [one for one in shipments if self._registry.is_news(one, limit_ms)]
        touched, problems = self._registry.put(shipments)
        return self._judge_again(touched), problems

    def follow(self, editions: Sequence[Edition]) -> list[Alert]:
        """Take these for all the editions of the geofences there are, in place of those before; one at least.

        Each judges what departs, or is amended, from its time on. Returns the versions that follow for shipments that
        are now judged by another one; what was judged beyond their tail stands.
        """
        if not self._atlas.follow(editions):
            return []
        self._rules = self._atlas.rules(self._policies)
        return self._judge_again(self._registry.fit())

    def _judge_again(self, touched: Sequence[int]) -> list[Alert]:
        """What was declared of these shipments has changed, or what it means."""
        sightings = self._sightings.join_again(touched)
        alerts: list[Alert] = []
        for slot in self._registry.with_reports(touched):
            heard = self._registry.store.kept[slot]["first_heard_ms"] != NO_TIME
            gone = self._registry.take_misplaced(slot)
            self._held.add(gone, self._registry.seals, self._registry.cards)
            if heard:
                self._registry.amend(slot)
                self._findings.ledger.doubt(slot)
            if len(gone):
                alerts += self._findings.unhear(slot, self._registry.hear_anew(slot))
        if touched:
            self._clock["due_ms"] = NO_TIME  # look at all of them again
            alerts += self._advance(np.zeros(0, REPORT_DTYPE))
            known = self._findings.ledger.entries
            alerts += [alert for slot in touched if slot in known for alert in self._findings.renew(slot)]
        seals = {self._registry.shipments[slot].seal_id for slot in touched}
        for seal in sorted(seals):
            claimed = self._held.claim(seal, self._registry.seals[seal], self._registry.heard_card)
            alerts += self._advance(claimed) if len(claimed) else []
        alerts += self._advance(sightings)
        self._flags.note(alerts)
        return alerts

    def process(self, reports: Reports, clock_ms: int | None = None) -> list[Alert]:
        """Judge a batch; returns every new version of an alert, in order.

        The clock follows `received` of the reports; `clock_ms` lets time pass beyond the last one.
        """
        alerts = self._advance(self._admit(reports))
        if clock_ms is not None:
            self._clock["ms"] = np.maximum(self._clock["ms"], clock_ms)
            alerts += self._advance(np.zeros(0, REPORT_DTYPE))
        self._findings.prune(int(self._clock["ms"][0]), int(self._clock["horizon_ms"][0]))
        self._flags.note(alerts)
        return alerts

    def take_digests(self) -> list[Digest]:
        """What other workers need to know of this engine's shipments, as far as it is new; for their `hear`."""
        return self._findings.take_digests()

    def hear(self, digests: Iterable[Digest]) -> list[Alert]:
        """Take digests of other workers' shipments; returns the versions that follow for this engine's own.

        Each worker's digests must come in its order. They may come twice, and late; the final alerts are the same.
        """
        alerts = self._findings.hear(digests)
        self._flags.note(alerts)
        return alerts

    def adopt(self, published: Mapping[str, Alert], partly: Collection[str] = ()) -> list[Alert]:
        """Take these versions, by alert id, for what readers have seen, whatever this engine said before.

        Returns the new versions by which what holds now differs from that. Of the shipments `partly` read, what is
        missing is not retracted, and what was not seen is not told.
        """
        alerts = self._findings.adopt(published, partly)
        self._flags.restore(self._findings.standing())
        return alerts

    @property
    def heard_ms(self) -> int | None:
        """When the first report of all was received, whosever it was; None before it."""
        ms = int(self._clock["heard_ms"][0])
        return None if ms == NEVER else ms

    def hear_of(self, received_ms: int) -> list[Alert]:
        """Another engine of the same service heard somebody at this time; returns the versions that follow."""
        if received_ms >= self._clock["heard_ms"][0]:
            return []
        self._clock["heard_ms"] = received_ms
        self._registry.look_at_all()
        self._clock["due_ms"] = NO_TIME
        alerts = self._advance(np.zeros(0, REPORT_DTYPE)) if self.clock_ms is not None else []
        self._flags.note(alerts)
        return alerts

    def flags(self, shipment_ids: Iterable[str]) -> list[dict[str, Any]]:
        """The `seal.flagged` records of these shipments; see `sealtrack.engine.flags`."""
        return [self._flag(shipment_id) for shipment_id in shipment_ids]

    def late_shipments(self) -> list[str]:
        """Shipments of which more reports beyond the horizon were read since the last call: their flags changed."""
        count = sum(int(store.arena["late_reports"][0]) for store in self._registry.stores)
        if count == self._late_count:
            return []
        self._late_count = count
        late = self._registry.store.kept["late_n"][: len(self._registry.shipments)].copy()
        before = np.zeros(len(late), late.dtype)
        before[: len(self._late_told)] = self._late_told
        self._late_told = late
        return [self._registry.shipments[slot].shipment_id for slot in np.flatnonzero(late != before)]

    def unclaimed(self) -> list[str]:
        """A line for each seal whose reports, and each name whose sightings, are held because no shipment has it."""
        return self._held.lines(self._registry.seals) + self._sightings.lines()

    def figures(self) -> Figures:
        """How much there is to do with; costs some milliseconds."""
        return figures_of(self._registry, self._findings, self._held, self.clock_ms)

    def snapshot(self) -> bytes:
        """The whole state, for `restore`."""
        return self._dump()

    def forget(self) -> list[str]:
        """Let go of the shipments of which nothing can be said any more, if they are many.

        Returns the ids of their alerts: those stand as they were told last.
        """
        over = self._registry.over((self.clock_ms or 0) - self._admission.latest_ms)
        if not over or len(over) < FORGET_SHARE * len(self._registry.shipments):
            return []
        alert_ids = self._findings.alerts_of(over)
        data = self._dump(over)
        self._begin()
        self.restore(data)
        return alert_ids

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot. Only for a new engine with the same policies that knows its catalogues already;
        InputError otherwise.
        """
        self._held, self._clock, seen = snapshot.load(data, self._policies.sha256(), self._registry, self._findings)
        self._rules = self._atlas.rules(self._policies)
        self._sightings.load(seen)
        self._flags.restore(self._findings.standing())
        self.late_shipments()  # these were told before

    def _dump(self, without: Collection[int] = ()) -> bytes:
        judged_by, seen = self._policies.sha256(), self._sightings.dump()
        return snapshot.dump(judged_by, self._registry, self._findings, self._held, self._clock, seen, without)

    def _admit(self, reports: Reports) -> NDArray[np.void]:
        """The batch as the kernels read it; holds until the next one."""
        rows = self._admission.admit(reports, self._registry, self._held)
        return self._sightings.join(rows, reports.sightings) if reports.sightings else rows

    def _advance(self, rows: NDArray[np.void]) -> list[Alert]:
        """Judge admitted rows; without any, renew what is due."""
        alerts: list[Alert] = []
        for start in range(0, max(1, len(rows)), BATCH):
            part = rows[start : start + BATCH]
            said, nobodys = self._judging.judge(self._rules, self._registry, part, self._clock)
            alerts += self._findings.take(said)
            unknown = nobodys[(nobodys["flags"] & FLAG_SIGHTING == 0) & (nobodys["seal"] != NOBODYS)]
            self._held.add(unknown, self._registry.seals, self._registry.cards)
        return alerts

    def _flag(self, shipment_id: str) -> dict[str, Any]:
        slot = self._registry.slots.get(shipment_id)
        if slot is None:
            return self._flags.record(shipment_id)
        kept = self._registry.store.kept[slot]
        return self._flags.record(shipment_id, int(kept["late_n"]), int(kept["late_by_ms"]))
