"""The engine's state as bytes, and back: what a checkpoint holds.

MessagePack with rows as columns of bytes (`columnar`); no pickle. A snapshot fits only the policies and the row layouts
that it was taken with, and an engine that knows the catalogues: another one is refused with a sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from sealtrack.core.clock import CLOCK_DTYPE
from sealtrack.core.state import OUT_DTYPE
from sealtrack.engine import tails
from sealtrack.engine.findings import Findings
from sealtrack.engine.held import Held
from sealtrack.engine.ledger import Entry
from sealtrack.engine.registry import Registry
from sealtrack.engine.rows import from_bytes, to_bytes
from sealtrack.errors import InputError
from sealtrack.schema import NO_TIME, Shipment, Sighting

FORMAT = "sealtrack-snapshot-7"
Seen = list[tuple[Sighting, bytes]]
"""Sightings, each with its REPORT_DTYPE row."""


def layout_hash() -> str:
    """Of the row layouts: state of one layout means nothing in another."""
    text = "".join(repr(dtype) for dtype in (*tails.LAYOUTS, CLOCK_DTYPE, OUT_DTYPE))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def dump(
    judged_by: str,
    registry: Registry,
    findings: Findings,
    held: Held,
    clock: NDArray[np.void],
    seen: Seen,
    without: Collection[int] = (),
) -> bytes:
    """The state as bytes; `judged_by` identifies the policies. The shipments `without`, by slot, are left out."""
    slots = [slot for slot in range(len(registry.shipments)) if slot not in without]
    number = {slot: new for new, slot in enumerate(slots)}
    return msgspec.msgpack.encode(
        {
            "format": FORMAT,
            "layout": layout_hash(),
            "judged_by": judged_by,
            "geofences": registry.atlas.dump(),
            "shipments": [record for slot in slots for record in registry.terms[slot]],
            "seals": list(registry.seals),
            "cards": registry.card_names(),
            "state": tails.dump(registry.stores, slots),
            "clock": _looks_anew(clock).tobytes(),
            "ledger": [_entry_out(number[s], key, entry) for s, key, entry in findings.ledger.items() if s in number],
            "findings": findings.dump(number),
            "held": held.dump(),
            "seen": seen,
        }
    )


def load(data: bytes, judged_by: str, registry: Registry, findings: Findings) -> tuple[Held, NDArray[np.void], Seen]:
    """Fill empty registry and findings; returns held reports, clock and sightings. InputError when it does not fit."""
    try:
        state: dict[str, Any] = msgspec.msgpack.decode(data)
        found = state["format"], state["layout"], state["judged_by"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise InputError("snapshot: not a sealtrack snapshot; start without it and replay the feed") from None
    for what, has, wants in zip(
        ("format", "row layout", "set of policies"), found, (FORMAT, layout_hash(), judged_by), strict=True
    ):
        if has != wants:
            raise InputError(
                f"snapshot: taken with another {what} than this engine has; start without it and replay the feed"
            )
    registry.atlas.load(state["geofences"])
    _fill(registry, state)
    for slot, kind, start_ms, entry in state["ledger"]:
        findings.ledger.entries.setdefault(slot, {})[kind, start_ms] = _entry_in(entry)
    findings.load(state["findings"])
    seen = [(msgspec.convert(sighting, Sighting), row) for sighting, row in state["seen"]]
    return Held.load(state["held"]), _rows(state["clock"], CLOCK_DTYPE), seen


def _fill(registry: Registry, state: dict[str, Any]) -> None:
    for card in state["cards"]:
        registry.card_code(card)
    registry.add_seals(state["seals"])
    shipments = [msgspec.convert(item, Shipment) for item in state["shipments"]]
    registry.put(shipments)
    tails.restore(registry.stores, len(registry.shipments), state["state"])


def _looks_anew(clock: NDArray[np.void]) -> NDArray[np.void]:
    """The clock, which finds out anew when somebody is due: that it looks in vain depends on batches and threads."""
    clock = clock.copy()
    clock["due_ms"] = NO_TIME
    return clock


def _entry_out(slot: int, key: tuple[int, int], entry: Entry) -> tuple[int, int, int, dict[str, Any]]:
    view = None if entry.view is None else to_bytes(entry.view)
    return slot, *key, {"steps": [to_bytes(row) for row in entry.steps], "view": view, "told": entry.told}


def _entry_in(entry: dict[str, Any]) -> Entry:
    steps = [from_bytes(step) for step in entry["steps"]]
    view = None if entry["view"] is None else from_bytes(entry["view"])
    return Entry(steps=steps, view=view, told=tuple(entry["told"]))


def _rows(data: bytes, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    return np.frombuffer(data, dtype).copy()
