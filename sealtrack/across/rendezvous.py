"""Trucks that stand together (judgement section 11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sealtrack.across.digests import ShortStop
from sealtrack.across.near import distance_m
from sealtrack.policy import Policy
from sealtrack.schema import Severity


@dataclass(frozen=True, slots=True)
class Rendezvous:
    """One short stop of a shipment, and who stood with it."""

    start: int
    end: int | None
    """None while one of them still stands with it."""
    partners: tuple[str, ...]
    """Shipments, sorted; of a crowd the first `rendezvous_crowd` that came."""
    together_s: float
    """Longest with one of them, as far as it is known."""
    severity: Severity
    detected_at: int


class _Pair(NamedTuple):
    start: int
    partner: str
    detected_at: int
    end: int | None
    known_until: int


def rendezvous(own: ShortStop, others: Iterable[ShortStop], policy: Policy) -> Rendezvous | None:
    """The alert of `own`'s shipment, under its policy, among short stops of others; None when nobody stood with it."""
    met = (pair for other in others if (pair := _pair(own, other, policy)) is not None)
    pairs = sorted(met, key=lambda pair: pair[:3])  # not by end: it may be None
    if not pairs:
        return None
    ends = [pair.end for pair in pairs]
    together_s = max(pair.known_until - pair.start for pair in pairs) / 1e3
    shipments = list(dict.fromkeys(pair.partner for pair in pairs))
    crowd = int(policy.rendezvous_crowd)
    severity = Severity.warning
    if len(shipments) >= crowd:
        severity = Severity.info
    elif together_s >= policy.stop_warning_s:
        severity = Severity.critical
    return Rendezvous(
        start=pairs[0].start,
        end=None if None in ends else max(end for end in ends if end is not None),
        partners=tuple(sorted(shipments[:crowd])),
        together_s=together_s,
        severity=severity,
        detected_at=pairs[0].detected_at,
    )


def _pair(a: ShortStop, b: ShortStop, policy: Policy) -> _Pair | None:
    if a.shipment_id == b.shipment_id or a.seal_id == b.seal_id:
        return None
    shared = shares(a, b, policy.rendezvous_s)
    if not shared or distance_m(a, b) > policy.rendezvous_m:
        return None
    ends = [stop.end for stop in (a, b) if stop.end is not None]
    opened_at, end = max(a.opened_at, b.opened_at), min(ends) if ends else None
    return _Pair(max(a.start, b.start), b.shipment_id, opened_at, end, _known_until(a, b))


def shares(a: ShortStop, b: ShortStop, at_least_s: float) -> bool:
    """True when both are known to have stood that long at the same time; one that is open lasts on."""
    return _known_until(a, b) - max(a.start, b.start) >= 1e3 * at_least_s


def _known_until(a: ShortStop, b: ShortStop) -> int:
    ends = [stop.end for stop in (a, b) if stop.end is not None]
    start = max(a.start, b.start)
    # both still stand: the one that came later tells how long
    return min(ends) if ends else max(stop.stood_until for stop in (a, b) if stop.start == start)
