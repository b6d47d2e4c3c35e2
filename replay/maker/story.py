"""What happens on a trip besides driving: labels, the ground truth, and edits, what the seal reports differently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sealtrack.schema import Kind, Shipment

Span = tuple[int, int]
"""First and last moment, epoch ms."""

SPEEDING_KMH = 110.0
"""Faster than any sealed truck may go."""
FOREIGN_CARD = "CARD-9999"
"""Never among a shipment's `open_cards`."""


class Label(NamedTuple):
    """Ground truth about one interval of one shipment."""

    kind: str
    """An alert kind."""
    shipment_id: str
    start_ms: int
    end_ms: int
    expect: str
    """`must`: an offence, an alert of this kind that meets the interval is due. `must_not`: an innocent twin, none may
    be raised here. `may`: no offence, but an alert tells the truth (a hole in coverage, a wild fix)."""
    cause: str
    """The episode's name."""
    note: str


class SealEvent(NamedTuple):
    """An extra report that the seal sends at once."""

    time_ms: int
    event: str
    lock: str = ""
    """State of the lock from here on; "" = unchanged."""
    card: str = ""


class Blind(NamedTuple):
    """No fix in this interval, though reports are sent."""

    span: Span
    stale: bool
    """True: the last known position with `valid` false; False: no position at all."""
    jammed: bool = False


class Hold(NamedTuple):
    """Reports of this interval are stored by the device and uploaded in one burst."""

    span: Span
    upload_ms: int
    order: str
    """`forward`, `reversed` or `shuffled`."""


class Wild(NamedTuple):
    """`fixes` isolated fixes of this interval are thrown `low_m`..`high_m` away."""

    span: Span
    fixes: int
    low_m: float
    high_m: float


class Relay(NamedTuple):
    """The receiver is fed the positions of `ahead_s` later in the drive."""

    span: Span
    ahead_s: float


class Drain(NamedTuple):
    """From a moment on the battery is at `pct` and falls by `pct_an_hour`, to `floor_pct` at the lowest."""

    from_ms: int
    pct: float
    pct_an_hour: float
    floor_pct: float


class Clock(NamedTuple):
    """The device's clock is wrong in this interval."""

    span: Span
    ahead_ms: int | None
    """By so much; None: never set, it says the first second of 2000."""


class Tracker(NamedTuple):
    """The vehicle's own tracker: it says every `every_s` seconds where the tractor is."""

    every_s: float
    leaves_ms: int | None = None
    """From this moment on the tractor goes elsewhere, seal and container do not."""
    ahead_ms: int = 0
    """Its clock is ahead by so much."""


class Spotted(NamedTuple):
    """Somebody looks at the truck on its way."""

    time_ms: int
    source: str
    plate: str | None = None
    """As read."""
    seal_id: str | None = None
    """As read."""
    zone_id: str | None = None
    """Where, if no coordinates are given."""


@dataclass(slots=True)
class Edits:
    """What a trip's episodes do to its reports, and what is true about it."""

    labels: list[Label] = field(default_factory=list)
    events: list[SealEvent] = field(default_factory=list)
    blind: list[Blind] = field(default_factory=list)
    silent: list[Span] = field(default_factory=list)
    """Nothing is sent or stored."""
    holds: list[Hold] = field(default_factory=list)
    wild: list[Wild] = field(default_factory=list)
    dropped_zero: list[Span] = field(default_factory=list)
    """Some coordinates lose the leading zero of their decimals: 106.099751 is sent as 106.99751."""
    drains: list[Drain] = field(default_factory=list)
    relays: list[Relay] = field(default_factory=list)
    frozen: list[Span] = field(default_factory=list)
    """The receiver repeats one position to the last digit, and goes on to report its speed."""
    smooth: list[Span] = field(default_factory=list)
    """Made-up positions: along a straight line at one speed, without any noise."""
    clocks: list[Clock] = field(default_factory=list)
    trackers: list[Tracker] = field(default_factory=list)
    spotted: list[Spotted] = field(default_factory=list)
    due_ms: int | None = None
    """The deadline that was declared, where it is not a generous one."""


class Passage(NamedTuple):
    """When the truck was on the leg of an episode."""

    shipment: Shipment
    cause: str
    enter_ms: int
    leave_ms: int
    halt: Span
    """When it stood; where it did not, the middle of the leg, or when it was nearest to the zone it is about, twice."""
    outside: Span
    """From leaving the corridor to being inside again; (0, 0) where it never left."""
    inside: Span = (0, 0)
    """Within the zone it turned into."""
    fast: Span = (0, 0)
    """From the first to the last moment above SPEEDING_KMH."""
    pauses: tuple[Span, ...] = ()
    """Its further halts."""
    zone_id: str | None = None
    """The zone it is about."""

    @classmethod
    def blank(cls, shipment: Shipment, cause: str) -> Passage:
        """One whose times are not known."""
        return cls(shipment, cause, 0, 0, (0, 0), (0, 0))

    def label(self, kind: Kind | str, span: Span, expect: str, note: str) -> Label:
        return Label(str(kind), self.shipment.shipment_id, *span, expect, self.cause, note)
