"""How much an engine has to do with: for the metrics of whoever runs it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sealtrack.engine.arena import memory_bytes
from sealtrack.engine.findings import Findings
from sealtrack.engine.held import Held
from sealtrack.engine.registry import Registry
from sealtrack.schema import Kind, Status

SILENT = (Kind.signal_loss, Kind.silent_shipment)


class Figures(NamedTuple):
    """At a moment."""

    open_shipments: int
    """Departed, and neither closed nor beyond the limit of transit."""
    silent_seals: int
    """Seals of which a loss of signal, or a silence from the start, is open."""
    held_reports: int
    """Reports that wait for their shipment to be declared."""
    memory_bytes: int
    """Of the arrays that the kernels work on: state, tails, terms."""


def figures_of(registry: Registry, findings: Findings, held: Held, clock_ms: int | None) -> Figures:
    """Costs a look at each shipment and each alert that stands."""
    info = registry.store.info[: len(registry.shipments)]
    under_way = 0
    if clock_ms is not None:
        under_way = int(np.count_nonzero((info["depart_ms"] <= clock_ms) & (clock_ms < info["end_ms"])))
    silent = {one.seal_id for one in findings.standing() if one.status == Status.open and one.kind in SILENT}
    return Figures(under_way, len(silent), len(held), memory_bytes(registry.stores))
