"""A batch of reports with the engine's own codes for seals and cards (judgement section 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import Reports
from sealtrack.core.admit import admit
from sealtrack.engine.held import Held
from sealtrack.engine.registry import TRANSIT_LIMIT_MS, Registry
from sealtrack.policy import Policies
from sealtrack.schema import REPORT_DTYPE

LATEST_MS = 7 * 86_400_000
"""What is received so long after its shipment's end, or a horizon if that is longer, is nobody's: then a shipment can
be forgotten."""


class Admission:
    """Admits batches into one buffer: what it returns holds until the next one."""

    def __init__(self, policies: Policies) -> None:
        self._ahead_ms = int(policies.default.clock_ahead_s * 1e3)
        self.latest_ms = max(LATEST_MS, int(policies.default.horizon_s * 1e3))
        self._hopeless_ms = TRANSIT_LIMIT_MS + self.latest_ms
        """A report as late as this is nobody's, whatever will be declared."""
        self._rows = np.zeros(0, REPORT_DTYPE)
        self._known: tuple[int, ...] = ()
        self._names: tuple[object, ...] = ()
        self._codes = np.zeros(0, np.int32)

    def admit(self, reports: Reports, registry: Registry, held: Held) -> NDArray[np.void]:
        """The batch's rows as the kernels read them; names that no shipment needs get codes of `held`."""
        held.begin(reports.seals, reports.cards)
        if len(self._rows) < len(reports):
            self._rows = np.zeros(len(reports), REPORT_DTYPE)
        seals = self._seals(reports.seals, registry, held)
        cards = self._cards(reports, seals, registry, held) if reports.cards else np.zeros(0, np.int32)
        n = admit(reports.rows, self._rows, seals, cards, self._ahead_ms, self._hopeless_ms)
        return self._rows[:n]

    def _seals(self, seals: list[str], registry: Registry, held: Held) -> NDArray[np.int32]:
        """The code of each; parts of one feed share their names, which are looked up once."""
        known = id(seals), len(seals), id(registry), len(registry.seals)
        if known != self._known:
            self._codes = np.fromiter(map(registry.seals.get, seals, held.codes()), np.int32, len(seals))
            self._known, self._names = known, (seals, registry)  # kept alive: no other list can have its id
        return self._codes

    @staticmethod
    def _cards(reports: Reports, seals: NDArray[np.int32], registry: Registry, held: Held) -> NDArray[np.int32]:
        """Cards in reports of registered seals get numbers, the others need none."""
        given = reports.rows[np.flatnonzero(reports.rows["card"] >= 0)]
        ours = set(np.unique(given["card"][np.append(seals, -1)[given["seal"]] >= 0]).tolist())
        codes = [
            registry.heard_card(card) if index in ours else held.codes()[index]
            for index, card in enumerate(reports.cards)
        ]
        return np.array(codes, np.int32)
