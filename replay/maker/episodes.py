"""The episodes a trip can hold: offences and their innocent twins.

An episode lays a leg into the road (`lay`) and, once the drive is known, tells what the seal reports and what is true
(`tell`). A name may carry modifiers: `late:detour` uploads the reports of that stretch hours later, `spiked:stop`
throws one fix 500 m away in the middle of the halt, `scattered:detour` throws several across the map, `blind:opening`
takes the position away while reports are sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from replay.maker import legs
from replay.maker.legs import Leg
from replay.maker.road import Road, Yard
from replay.maker.story import FOREIGN_CARD, Blind, Edits, Hold, Passage, SealEvent, Span, Wild
from sealtrack.schema import Event, Kind

Rng = np.random.Generator
Lay = Callable[[Road, int, int, Rng], Leg]
Tell = Callable[[Passage, Rng, Edits], None]

MINUTE_MS = 60_000
MUST, MUST_NOT, MAY = "must", "must_not", "may"


class Episode(NamedTuple):
    tell: Tell
    lay: Lay = lambda road, start, end, _: legs.along(road, start, end)
    length_m: tuple[float, float] = (0, 0)
    clear: bool = False
    """Away from all zones that permit anything."""
    site: str = "stretch"
    """`stretch` of open road, `yard`, `forbidden` zone, `checkpoint`, `dead_zone`, a `meeting` with others, before the
    `gate`, `whole` trip, `rest` of the road, or `arrival`."""


def _minutes(rng: Rng, low: float, high: float) -> float:
    return float(rng.uniform(low, high)) * 60


def _off_road(road: Road, start: int, end: int, rng: Rng, halt_s: float = 0.0) -> Leg:
    """2-8 km beside the road; where the road itself bends away from the detour, less is added."""
    off_m = max(road.half_width_m + 1_500, float(rng.uniform(2_000, 7_000)))
    leg = legs.parallel(road, start, end, off_m, halt_s)
    excess_m = float(legs.outside_m(road, leg.xy).max()) - 8_000
    return leg if excess_m <= 0 else legs.parallel(road, start, end, max(off_m - excess_m, 500), halt_s)


def _lay_detour(road: Road, start: int, end: int, rng: Rng) -> Leg:
    return _off_road(road, start, end, rng)


def _lay_unloading(road: Road, start: int, end: int, rng: Rng) -> Leg:
    return _off_road(road, start, end, rng, _minutes(rng, 40, 80))


def _lay_leave(road: Road, start: int, _end: int, rng: Rng) -> Leg:
    length_m, halt_s = float(rng.uniform(20_000, 35_000)), _minutes(rng, 95, 150)
    ways = [legs.away(road, start, length_m, side, halt_s) for side in (-1.0, 1.0)]
    return max(ways, key=lambda leg: float(legs.outside_m(road, leg.xy[-1:])[0]))


def _lay_stop(low: float, high: float, off_m: float) -> Lay:
    def lay(road: Road, start: int, end: int, rng: Rng) -> Leg:
        return legs.roadside(road, start, end, off_m, _minutes(rng, low, high))

    return lay


def _lay_jam(road: Road, start: int, end: int, rng: Rng) -> Leg:
    return legs.creeping(road, start, end, rng)


def lay_yard(road: Road, yard: Yard, start: int, end: int, rng: Rng) -> Leg:
    """Rests in a yard that permits it; a visit to another is short."""
    return legs.into_yard(road, yard, start, end, _minutes(rng, 25, 75) if yard.permits_stop else _minutes(rng, 1, 8))


def _detour(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.route_deviation, p.outside, MUST, "parallel road and back"))


def _leave(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.route_deviation, (p.outside[0], p.leave_ms), MUST, "leaves the route for good"))
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST, "stands where it went"))
    e.labels.append(p.label(Kind.signal_loss, (p.leave_ms, p.leave_ms + 720 * MINUTE_MS), MAY, "no report after that"))


def _stop(p: Passage, _: Rng, e: Edits) -> None:
    minutes = (p.halt[1] - p.halt[0]) / MINUTE_MS
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST, f"stands {minutes:.0f} min at the roadside"))


def _open(p: Passage, e: Edits, span: Span, note: str) -> None:
    card = p.shipment.open_cards[0]
    e.events += [SealEvent(span[0], Event.unlock, "unlocked", card), SealEvent(span[1], Event.lock, "locked", card)]
    e.labels.append(p.label(Kind.seal_open, span, MUST, note))


def _opening(p: Passage, _: Rng, e: Edits) -> None:
    _open(p, e, (p.halt[0] + MINUTE_MS, p.halt[1] - MINUTE_MS), "opened on the road with the destination's card")


def _unloading(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.route_deviation, p.outside, MUST, "drives to a place off the route"))
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST, "stands there"))
    _open(p, e, (p.halt[0] + 4 * MINUTE_MS, p.halt[1] - 3 * MINUTE_MS), "opened while it stands there")


def _tamper(event: Event, *, times: int = 1, lock: str = "", card: str = "", note: str) -> Tell:
    def tell(p: Passage, _: Rng, e: Edits) -> None:
        at = (p.enter_ms + p.leave_ms) // 2000 * 1000
        e.events += [SealEvent(at + i * 20_000, event, lock, card) for i in range(times)]
        e.labels.append(p.label(Kind.seal_tamper, (at, at + (times - 1) * 20_000), MUST, note))
        if lock:
            e.labels += [
                p.label(kind, (at, at + 1_440 * MINUTE_MS), MAY, "the rope stays cut")
                for kind in (Kind.seal_open, Kind.seal_tamper)
            ]

    return tell


def _jammer(p: Passage, _: Rng, e: Edits) -> None:
    e.blind.append(Blind((p.enter_ms - 3 * MINUTE_MS, p.enter_ms), stale=False, jammed=True))
    e.silent.append((p.enter_ms, p.leave_ms))
    e.labels.append(
        p.label("jamming", (p.enter_ms - 3 * MINUTE_MS, p.leave_ms), MAY, "satellites drop before the silence")
    )
    e.labels.append(
        p.label(Kind.signal_loss, (p.enter_ms, p.leave_ms), MUST, "jammed and silent, appears again further on")
    )


def _foreign_card(p: Passage, _: Rng, e: Edits) -> None:
    at = p.halt[0] + 5 * MINUTE_MS
    e.events.append(SealEvent(at, Event.unlock, "unlocked", FOREIGN_CARD))
    e.labels.append(
        p.label(Kind.seal_open, (at, p.halt[1]), MUST, "opened at the destination by a card not in open_cards")
    )


def _never(kind: Kind, note: str, *, whole_leg: bool = True) -> Tell:
    def tell(p: Passage, _: Rng, e: Edits) -> None:
        e.labels.append(p.label(kind, (p.enter_ms, p.leave_ms) if whole_leg else p.halt, MUST_NOT, note))

    return tell


def _wild(count: int, low_m: float, high_m: float, note: str) -> Tell:
    def tell(p: Passage, _: Rng, e: Edits) -> None:
        span = (p.enter_ms, p.leave_ms)
        e.wild.append(Wild(span, count, low_m, high_m))
        e.labels.append(p.label(Kind.route_deviation, span, MUST_NOT, note))
        e.labels.append(p.label(Kind.position_anomaly, span, MAY, note))

    return tell


def _dropped_zero(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    note = "leading zeros of decimals dropped, 106.099751 sent as 106.99751"
    e.dropped_zero.append(span)
    e.labels.append(p.label(Kind.route_deviation, span, MUST_NOT, note))
    e.labels.append(p.label(Kind.position_anomaly, span, MAY, note))


def _hole(p: Passage, rng: Rng, e: Edits) -> None:
    order = str(rng.choice(["forward", "reversed", "shuffled"]))
    upload_ms = p.leave_ms + int(rng.integers(5, 60)) * 1000
    e.holds.append(Hold((p.enter_ms, p.leave_ms), upload_ms, order))
    e.labels.append(
        p.label(Kind.signal_loss, (p.enter_ms, upload_ms), MAY, f"no coverage, uploaded {order} at its end")
    )


def _tunnel(p: Passage, rng: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    e.blind.append(Blind(span, stale=bool(rng.random() < 0.5)))
    e.labels.append(p.label(Kind.signal_loss, span, MUST_NOT, "tunnel: reports go on without a fix"))
    e.labels.append(p.label(Kind.unauthorised_stop, span, MUST_NOT, "tunnel: the last known position stands still"))


def arrival(p: Passage, _: Rng, e: Edits) -> None:
    """The ordinary end of a trip: opened at the destination by a permitted card."""
    at = p.halt[0] + 5 * MINUTE_MS
    e.events.append(SealEvent(at, Event.unlock, "unlocked", p.shipment.open_cards[0]))
    e.labels.append(p.label(Kind.seal_open, (at, p.halt[1]), MUST_NOT, "opened at the destination by a permitted card"))


OFFENCES: dict[str, Episode] = {
    "detour": Episode(_detour, _lay_detour, (18_000, 28_000)),
    "leave": Episode(_leave, _lay_leave, site="rest"),
    "stop": Episode(_stop, _lay_stop(25, 110, 35.0), (1_000, 1_000), clear=True),
    "opening": Episode(_opening, _lay_stop(8, 12, 25.0), (1_000, 1_000), clear=True),
    "unloading": Episode(_unloading, _lay_unloading, (18_000, 26_000)),
    "rope_cut": Episode(_tamper(Event.rope_cut, lock="cut", note="rope cut"), length_m=(1_000, 2_000), clear=True),
    "back_cover": Episode(
        _tamper(Event.back_cover_open, note="back cover opened"), length_m=(1_000, 2_000), clear=True
    ),
    "wrong_password": Episode(
        _tamper(Event.wrong_password, times=3, note="wrong password, three times"), length_m=(1_000, 2_000), clear=True
    ),
    "illegal_card": Episode(
        _tamper(Event.illegal_card, card=FOREIGN_CARD, note="unknown card held to the seal"),
        length_m=(1_000, 2_000),
        clear=True,
    ),
    "jammer": Episode(_jammer, length_m=(35_000, 45_000)),
    "foreign_card": Episode(_foreign_card, site="arrival"),
}
"""Each has at least one `must` label."""

TWINS: dict[str, Episode] = {
    "jam": Episode(_never(Kind.unauthorised_stop, "traffic jam, creeping"), _lay_jam, (2_000, 3_500)),
    "fuel_stop": Episode(
        _never(Kind.unauthorised_stop, "fuel stop under 15 min", whole_leg=False),
        _lay_stop(7, 12, 40.0),
        (1_000, 1_000),
    ),
    "rest_stop": Episode(
        _never(Kind.unauthorised_stop, "stands in a zone that permits it", whole_leg=False), site="yard"
    ),
    "tunnel": Episode(_tunnel, length_m=(2_000, 4_000)),
    "hole": Episode(_hole, length_m=(15_000, 35_000)),
    "spikes": Episode(_wild(4, 400, 2_500, "multipath spikes"), length_m=(10_000, 20_000)),
    "wild": Episode(_wild(8, 5_000, 80_000, "impossible jumps"), length_m=(40_000, 60_000)),
    "dropped_zero": Episode(_dropped_zero, site="whole"),
}
"""The same surface, no offence."""

EPISODES: dict[str, Episode] = OFFENCES | TWINS


def modify(modifier: str, p: Passage, rng: Rng, e: Edits) -> None:
    """Apply `late`, `spiked`, `scattered` or `blind` to the reports of a passage."""
    if modifier == "late":
        span = (p.enter_ms - 2 * MINUTE_MS, p.leave_ms + 2 * MINUTE_MS)
        upload_ms = max(p.leave_ms + 20 * MINUTE_MS, span[0] + int(rng.integers(150, 300)) * MINUTE_MS)
        e.holds.append(Hold(span, upload_ms, str(rng.choice(["forward", "reversed", "shuffled"]))))
        e.labels.append(p.label(Kind.signal_loss, (span[0], upload_ms), MAY, "stored, uploaded hours later"))
    elif modifier == "spiked":
        middle = (p.halt[0] + p.halt[1]) // 2
        e.wild.append(Wild((middle - 5 * MINUTE_MS, middle + 5 * MINUTE_MS), 1, 500, 500))
    elif modifier == "scattered":
        e.wild.append(Wild((p.enter_ms, p.leave_ms), 8, 5_000, 80_000))
        e.labels.append(p.label(Kind.position_anomaly, (p.enter_ms, p.leave_ms), MAY, "impossible jumps"))
    elif modifier == "blind":
        span = (p.enter_ms - 4 * MINUTE_MS, p.leave_ms + 4 * MINUTE_MS)
        e.blind.append(Blind(span, stale=False, jammed=True))
        e.labels.append(p.label("jamming", span, MAY, "no fix while reports go on"))
    else:
        raise ValueError(f"no modifier {modifier!r}; there are late, spiked, scattered, blind")
