"""The rows that the kernels read and write.

One structured row a shipment: state in rows is about twice as fast as an array a field for random access. Times are ms
since the epoch, NO_TIME = none. `row["field"]`, never `row.field`, so that the same code runs with the JIT off.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.by_reference import by_reference
from sealtrack.core.fences import Fences
from sealtrack.schema import NO_TIME, Kind

Row = Any
"""One record of a structured array; numba knows its fields, mypy cannot."""
Rows = NDArray[np.void]
"""A structured array."""
Fix = tuple[int, float, float]
"""(ms, lat, lon) of a fix by value."""
NOWHERE: Fix = (NO_TIME, np.nan, np.nan)
"""No fix."""

N_RULES = len(Kind) + 1
DEVIATION, STOP, OPENING, TAMPER, SILENCE, ANOMALY = range(6)
FORBIDDEN, REVERSAL, SPEEDING, JAMMING, LOW_BATTERY, OVERDUE, UNHEARD = range(6, 13)
SKIPPED, SEPARATION, RENDEZVOUS = range(13, len(Kind))
"""Rule numbers: positions in `schema.Kind`."""
SHORT_STOP = len(Kind)
"""A rule that alerts nobody: stops too short to, for what several of them show (judgement section 11)."""

MAX_ROUTES = 4
"""Approved alternatives of one shipment."""
RING = 8
"""Reporting intervals remembered, to know the seal's own."""
CHECKPOINTS = 6
"""Walk states kept along a shipment's tail: a late report is walked again from the last one before it."""
CHECKPOINT_REPORTS = 16
"""Reports between fresh checkpoints; older ones are thinned, see `saved.keep_checkpoint`."""
MAX_GAPS = 32
LATE_SEEN = 256
"""Reports beyond the horizon that are told from their copies; every further one counts, copy or not."""

NO_ZONE, UNKNOWN_ZONE = -1, -2

INFO_DTYPE = np.dtype(
    [
        ("depart_ms", "i8"),  # this and the next two: of the last terms only
        ("end_ms", "i8"),  # exclusive
        ("arrive_by_ms", "i8"),  # NO_TIME = no deadline
        ("from_ms", "i8"),  # these terms hold from here on, NO_TIME = from the start
        ("earlier", "i4"),  # the terms before these in `Store.terms`, -1 = none
        ("origin", "i4"),  # zone number; NO_ZONE = none named, UNKNOWN_ZONE = named, but in no catalogue
        ("destination", "i4"),
        ("routes", "i4", (MAX_ROUTES,)),
        ("toward", "i4", (MAX_ROUTES,)),  # 1 or -1: the way along the route from origin to destination; 0 = not known
        (
            "goal_m",
            "f8",
            (MAX_ROUTES,),
        ),  # where along it the destination lies, if toward is known
        ("n_routes", "i4"),
        ("policy", "i4"),
        ("card_start", "i4"),  # open_cards in `Store.cards`
        ("card_count", "i4"),
    ],
    align=True,
)
"""What was declared of a shipment: one row for each of its terms."""

PLACE_DTYPE = np.dtype([("ms", "i8"), ("lat", "f8"), ("lon", "f8"), ("error_m", "f8")])

ANCHOR_DTYPE = np.dtype(
    [
        ("n", "i8"),  # fixes that joined; 0 = none
        ("lat", "f8"),  # their mean
        ("lon", "f8"),
        ("first_ms", "i8"),
        ("last_ms", "i8"),
        ("start_ms", "i8"),  # back-dated
        ("offset", "i8"),  # of the first fix
    ]
)

TRIP_DTYPE = np.dtype(
    [
        ("last_ms", "i8"),  # t of the last walked report, and where that was read
        ("read_offset", "i8"),
        ("read_partition", "i8"),
        ("walked_ms", "i8"),  # t of the last walked row, report or sighting
        ("ring_s", "f4", (RING,)),
        ("ring_n", "i8"),
        # gate
        ("good", PLACE_DTYPE),  # last accepted fix
        ("raw", PLACE_DTYPE),  # last fix accepted as it was reported, not mended
        ("cand", PLACE_DTYPE),
        ("cand_first_ms", "i8"),
        ("cand_lat", "f8"),  # where the chain of candidates began
        ("cand_lon", "f8"),
        ("cand_n", "i4"),
        ("cand_from_raw", "i4"),  # 1 when the chain of candidates began in reach of `raw`
        ("mended_n", "i4"),  # mended fixes since `raw`
        ("gross_n", "i4"),  # gross wild fixes of the open position_anomaly
        # position_anomaly
        ("still", PLACE_DTYPE),  # first of the fixes that all lie at one place
        ("still_n", "i4"),
        ("smooth_n", "i4"),  # fixes in a row that lie where the two before them lead
        ("earlier", PLACE_DTYPE),  # the fix accepted before `good`
        # fixes of reports without a speed, see `speeding`
        ("mark", PLACE_DTYPE),  # the last one that the speed is measured from
        ("earlier_mark", PLACE_DTYPE),  # the one before it
        # place of the last accepted fix
        ("near_route", "i4"),
        ("hint", "i4", (MAX_ROUTES,)),
        ("distance_m", "f8", (MAX_ROUTES,)),  # NaN = not known (no fix yet, route not in force)
        ("route_m", "f8", (MAX_ROUTES,)),
        ("excess_m", "f8"),
        # progress along the route
        ("progress_route", "i4"),  # alternative that it is measured on, -1 = none yet
        ("progress_sign", "i4"),  # 1 or -1, 0 = not known yet
        ("progress_from_m", "f8"),
        ("progress_m", "f8"),  # furthest point so far
        ("turned", PLACE_DTYPE),  # the fix measured last, if more than half of `reversal_m` back
        ("turned_m", "f8"),
        # last place on the way, to know the checkpoints that were left out since
        ("way_route", "i4"),  # its corridor, -1 = no such place
        ("way_off", "i4"),  # 1: a fix since then was not on the way
        ("way_m", "f8"),  # how far along
        ("way", PLACE_DTYPE),
        ("arrived_ms", "i8"),  # first fix at the destination, looked for from the deadline on
        ("due_fix_ms", "i8"),  # the last fix before the deadline, once that has passed
        ("due_lat", "f8"),
        ("due_lon", "f8"),
        ("late_ms", "i8"),  # the fix from which on it could no longer arrive in time, NO_TIME = it still can
        ("late_lat", "f8"),
        ("late_lon", "f8"),
        ("late_received_ms", "i8"),
        ("late_arrival_ms", "i8"),  # as predicted from there
        # a sighting that waits for the next accepted fix
        ("seen", PLACE_DTYPE),
        ("seen_card", "i4"),
        ("seen_bits", "u4"),
        # stop detector
        ("anchor", ANCHOR_DTYPE),
        ("away", ANCHOR_DTYPE),
        ("away_ms", "i8"),  # first fix outside since the last inside
        ("away_m", "f8"),  # its distance from the anchor's mean
        ("away_n", "i4"),
        # where it was last known to stand with permission; a cache, see `rest`
        ("rest_zone", "i4"),  # NO_ZONE = nowhere
        ("rest_catalogue", "i4"),
        ("rest_lat", "f8"),
        ("rest_lon", "f8"),
        ("rest_m", "f8"),  # from there to the zone's nearest edge
        # an opening that waits for a fix: it has none, or one that may be wild
        ("wait_ms", "i8"),
        ("wait_received_ms", "i8"),
        ("wait_offset", "i8"),
        ("wait_partition", "i4"),
        ("wait_card", "i4"),
        ("wait_events", "u4"),
        # the seal's life so far
        ("locked", "i4"),  # 1 once a report said so
        ("wait_never_locked", "i4"),  # 1: not before the opening that waits
        ("openings", "i4"),  # episodes of seal_open
        ("rightly_open", "i4"),  # 1: opened where it may be, and not locked since
        # one interval machine a rule
        ("phase", "u1", (N_RULES,)),
        ("severity", "u1", (N_RULES,)),
        ("flag", "u1", (N_RULES,)),
        ("count", "i4", (N_RULES,)),
        ("miss", "i4", (N_RULES,)),
        ("events", "u4", (N_RULES,)),
        ("card", "i4", (N_RULES,)),
        ("partition", "i4", (N_RULES,)),
        ("since_ms", "i8", (N_RULES,)),
        ("last_ms_2", "i8", (N_RULES,)),  # t of the last report at level 2
        ("miss_ms", "i8", (N_RULES,)),
        ("next_ms", "i8", (N_RULES,)),  # when an open episode is next worth a version
        ("detected_ms", "i8", (N_RULES,)),
        ("first_offset", "i8", (N_RULES,)),
        ("last_offset", "i8", (N_RULES,)),
        ("before_fix_ms", "i8", (N_RULES,)),
        ("after_fix_ms", "i8", (N_RULES,)),
        ("lat", "f8", (N_RULES,)),
        ("lon", "f8", (N_RULES,)),
        ("peak", "f8", (N_RULES,)),  # the rule's own measure at its largest
        ("start_route_m", "f8", (N_RULES,)),
        ("end_route_m", "f8", (N_RULES,)),
    ],
    align=True,
)
"""The walk's state: everything that the reports so far mean for the next one. Copied whole as a checkpoint."""

START_DTYPE = np.dtype(
    [
        ("last_ms", "i8"),
        ("read_offset", "i8"),
        ("read_partition", "i8"),
        ("walked_ms", "i8"),
        ("ring_s", "f4", (RING,)),
        ("ring_n", "i8"),
        ("raw", PLACE_DTYPE),
    ]
)
"""What the clock asks of the state before the tail's first report: fields of TRIP_DTYPE."""

KEPT_DTYPE = np.dtype(
    [
        ("count", "i4"),  # reports in the tail
        ("skipped", "i4"),  # rows of its first page that lie before it
        ("pages", "i4"),  # its pages, see `pages`: from `pages_start` of `Store.pages` on, room for `pages_room`
        ("pages_start", "i4"),
        ("pages_room", "i4"),
        ("checkpoints", "i4"),  # in use; number 0 is the state before the tail's first report
        ("checkpoint_at", "i4", (CHECKPOINTS,)),  # reports of the tail that lie before it
        ("checkpoint_in", "i4", (CHECKPOINTS,)),  # its block of `Store.cold`; NO_PAGE = nothing was walked before it
        ("newest_received_ms", "i8"),
        # what was heard, in the order of `received`
        ("first_heard_ms", "i8"),
        ("last_heard_ms", "i8"),
        ("gaps", "i4"),
        ("gap_floor_ms", "i8"),  # silences that began before this are settled for good
        ("settle_ms", "i8"),  # a silence waits for the first fix at or after this
        # reports beyond the horizon
        ("late_n", "i4"),  # distinct ones, as far as `late_seen` tells
        ("late_by_ms", "i8"),  # how late the latest came
        ("late_row", "i4"),  # in `Store.late_seen`, -1 = none yet
        # publication
        ("viewed", "i4"),  # rows that the clock's view held last
        ("amended", "i4"),  # 1: what was declared has changed, walk the whole tail again when due
        ("view_sum", "i8"),  # a sum over what they said
        ("emitted_ms", "i8"),  # largest step_ms written so far
        # cell and slot of time in which it was heard live last, told as a HEARD row
        ("heard_slot", "i8"),
        ("heard_lat", "f8"),
        ("heard_lon", "f8"),
        ("gap_start_ms", "i8", (MAX_GAPS,)),
        ("gap_end_ms", "i8", (MAX_GAPS,)),
        ("checkpoint_ms", "i8", (CHECKPOINTS,)),  # by checkpoint: `walked_ms` of the walk's state
        ("start", START_DTYPE),  # of checkpoint 0
    ],
    align=True,
)
"""What is kept of a shipment beside the walk's state: none of it is undone by a late report."""

STEP, BEGIN, VIEW, END, LATE, HEARD = range(6)
"""Types of an output row: the walk's versions; a reconciliation's bracket and the clock's view inside it; an alert of a
report beyond the horizon; a shipment heard live in a cell (lat, lon), slot start_ms."""

SLOT_MS = 600_000
CELLS_A_DEGREE = 10
"""What is heard is told by cells of the map and slots of time (judgement section 11)."""

OUT_DTYPE = np.dtype(
    [
        ("type", "u1"),
        ("kind", "u1"),
        ("status", "u1"),
        ("severity", "u1"),
        ("flag", "u1"),  # bits, by kind: see grade.py, seal.py, late.py; shortcut, crossing, measured: 1
        ("slot", "i4"),
        ("count", "i4"),
        ("events", "u4"),
        ("card", "i4"),
        ("partition", "i4"),
        ("start_ms", "i8"),
        ("end_ms", "i8"),
        ("detected_ms", "i8"),
        ("step_ms", "i8"),  # t of the report that wrote this row; BEGIN: rows after it are void
        ("first_offset", "i8"),
        ("last_offset", "i8"),
        ("before_fix_ms", "i8"),
        ("after_fix_ms", "i8"),
        ("lat", "f8"),
        ("lon", "f8"),
        ("peak", "f8"),
        ("start_route_m", "f8"),
        ("end_route_m", "f8"),
    ],
    align=True,
)
"""What the kernels say: one row a version, or a bracket."""

OPEN_STATUS, CLOSED_STATUS = 0, 1
INFO_SEVERITY, WARNING, CRITICAL = 0, 1, 2


PAGE = 32
"""Reports a page of a tail."""
WINDOWS = 8
"""Packed pages that are shown at once, to be read."""
NO_PAGE = -1

ARENA_DTYPE = np.dtype(
    [
        ("part", "i4"),  # whose shipments' tails lie here, see `timers.is_own`
        ("parts", "i4"),
        ("used", "i4"),  # pages of the tail that were ever given out
        ("free", "i4"),  # the first of those that were given back, NO_PAGE = none
        ("listed", "i4"),  # entries of `Store.pages` in use
        ("late", "i4"),  # rows of `Store.late_seen` in use
        ("late_reports", "i4"),  # counted since it was made
        ("cold", "i4"),  # lines of `Store.cold` that were ever given out
    ]
)


@by_reference
class Rules(NamedTuple):
    """What does not change while reports are judged."""

    fences: Fences
    policies: NDArray[np.void]
    """POLICY_DTYPE rows."""
    table: NDArray[np.void]
    """MACHINE_DTYPE (policy, rule): `machine.TABLE` with numbers."""
    zones_forbid: bool
    """Some zone forbids entering."""
    zones_limit_speed: bool
    """Some zone has a speed limit."""
    zones_dead: bool
    """Some zone is known to have no coverage."""
    twice: NDArray[np.void]
    """TWICE_DTYPE: stretches along each route where the line comes back near itself; see `meeting`."""
    twice_start: NDArray[np.int32]
    """By route: its first entry in `twice`; entry [route + 1] ends it."""
    spans: NDArray[np.void]
    """SPAN_DTYPE: the checkpoints along each route."""
    span_start: NDArray[np.int32]
    """By route: its first entry in `spans`; entry [route + 1] ends it."""
    short_way: bool
    """Calm reports take the short way (`calm`). It makes no difference; off only to prove that."""


@by_reference
class Store(NamedTuple):
    """All shipments; row = slot. Where they are judged by several threads, each has a store: all rows are the same, and
    what has no row of a slot is its own.
    """

    info: NDArray[np.void]
    """INFO_DTYPE, each shipment's last terms."""
    terms: NDArray[np.void]
    """INFO_DTYPE, the terms before those; see `terms.terms_at`."""
    trip: NDArray[np.void]
    """TRIP_DTYPE, the walk's state now."""
    kept: NDArray[np.void]
    due_ms: NDArray[np.int64]
    """When the clock's view may next change, see `timers`."""
    block_due_ms: NDArray[np.int64]
    tail: NDArray[np.void]
    """REPORT_DTYPE, in pages; see `pages`."""
    pages: NDArray[np.int32]
    """By tail: its pages; one that is packed into block b of `cold` as ~b."""
    cold: NDArray[np.uint8]
    """Blocks of what is packed; see `cold`."""
    cold_free: NDArray[np.int32]
    """By size in lines: the first block that was given back, NO_PAGE = none."""
    window: NDArray[np.void]
    """REPORT_DTYPE (WINDOWS pages): packed pages to be read."""
    window_of: NDArray[np.int32]
    """Which blocks these are, NO_PAGE = none."""
    scratch: NDArray[np.uint8]
    """Room to pack a block in."""
    values: NDArray[np.int64]
    """Room for a column of a page, in numbers."""
    steps: NDArray[np.int64]
    """Room for what lies between these."""
    spare: NDArray[np.void]
    """TRIP_DTYPE (1): room for a checkpoint to be read."""
    late_seen: NDArray[np.int64]
    """(row, LATE_SEEN): sums over what reports beyond the horizon said, a row for each shipment that has any."""
    arena: NDArray[np.void]
    """One ARENA_DTYPE row: what of all these is in use."""
    cards: NDArray[np.int32]
    seal_start: NDArray[np.int32]
    """By seal code: first entry in `seal_slots`; entry [code + 1] ends it."""
    seal_slots: NDArray[np.int32]
    """Slots of each seal in the order of departure."""
    ordered: NDArray[np.float64]
    """RING: room for `silence.interval_ms`, since a helper makes no array."""


def blank_trips(n: int) -> NDArray[np.void]:
    """`n` rows of TRIP_DTYPE before their first report."""
    trips = np.zeros(n, TRIP_DTYPE)
    for name in ("good", "raw", "cand", "still", "earlier", "mark", "earlier_mark", "turned", "way", "seen"):
        trips[name]["ms"] = NO_TIME
    for name in ("last_ms", "walked_ms", "wait_ms", "away_ms", "arrived_ms", "due_fix_ms", "late_ms"):
        trips[name] = NO_TIME
    trips["hint"] = trips["near_route"] = trips["progress_route"] = trips["way_route"] = -1
    trips["rest_zone"] = NO_ZONE
    trips["due_lat"] = trips["due_lon"] = np.nan
    trips["distance_m"] = trips["route_m"] = trips["excess_m"] = np.nan
    return trips


def blank_kept(n: int) -> NDArray[np.void]:
    """`n` rows of KEPT_DTYPE before their first report."""
    kept = np.zeros(n, KEPT_DTYPE)
    for name in ("newest_received_ms", "first_heard_ms", "last_heard_ms", "gap_floor_ms", "settle_ms", "emitted_ms"):
        kept[name] = NO_TIME
    kept["heard_slot"] = NO_TIME
    kept["checkpoint_in"] = NO_PAGE
    kept["checkpoint_ms"] = NO_TIME
    for name in START_DTYPE.names or ():
        kept["start"][name] = blank_trips(n)[name]
    kept["late_row"] = -1
    return kept
