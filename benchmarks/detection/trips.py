"""Simulated trips and what the engine says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.detection.truths import also_true
from benchmarks.detection.world import World
from replay.maker import Label, Spec, make
from replay.maker.feed import TWIN_SHARES
from replay.maker.reports import Columns
from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.io.codecs.pack import draft_of
from sealtrack.replay import final
from sealtrack.schema import Alert, Shipment, Sighting

BATCH = 50_000
HOUR_MS = 3_600_000
CHUNK = 125
"""Trips a feed: many on one road at once, as in service."""

OFFENCE_WEIGHTS: Mapping[str, float] = {
    "detour": 9,
    "unloading": 5,
    "leave": 4,
    "stop": 9,
    "spiked:stop": 4,
    "opening": 6,
    "blind:opening": 3,
    "foreign_card": 3,
    "rope_cut": 4,
    "back_cover": 3,
    "wrong_password": 3,
    "illegal_card": 3,
    "jammer": 4,
    "gone_dark": 5,
    "forbidden": 8,
    "reversal": 8,
    "racing": 8,
    "jammed": 8,
    "flat_battery": 8,
    "overdue": 5,
    "never_heard": 3,
    "heard_late": 5,
    "spoofed": 8,
    "frozen": 5,
    "smooth": 5,
    "hidden_stop": 4,
    "short_stops": 6,
    "probing": 4,
    "round_checkpoint": 8,
    "seal_moved": 4,
    "plate_swapped": 3,
    "seal_swapped": 3,
}
INNOCENT_TWINS: Mapping[str, float] = {
    **TWIN_SHARES,
    "weak_battery": 0.1,
    "heard_soon": 0.05,
    "in_time": 0.15,
    "through_checkpoint": 0.1,
    "waved_on": 0.05,
    "tracked": 0.15,
    "tracker_ahead": 0.03,
    "seen": 0.1,
    "held_still": 0.1,
    "clock_ahead": 0.02,
    "clock_unset": 0.02,
}
PAIR_EVERY = 40
"""Of so many guilty trips two meet."""
CROWD = 6
"""So many trips of an innocent feed stand in a jam together."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a batch of trips shares; one factor at a time departs from the defaults."""

    interval_s: float = 30.0
    noise_m: float = 10.0
    loss: float = 0.01
    lateness: float = 0.0
    """Share of offences uploaded hours later, and of trips through a hole in coverage."""


class Batch(NamedTuple):
    """One feed to make and judge."""

    setting: Setting
    seed: int
    trips: int
    guilty: bool
    """Each trip holds one offence, or none does."""

    def spec(self) -> Spec:
        """The maker's spec: the same batch gives the same feed."""
        mix = {**_offences(self.setting.lateness), **TWIN_SHARES} if self.guilty else INNOCENT_TWINS
        setting = self.setting
        meetings = self._meetings()
        together = ("meet",) if self.guilty else ("standstill",)
        return Spec(
            seed=self.seed,
            n_shipments=self.trips,
            interval_s=setting.interval_s,
            noise_m=setting.noise_m,
            loss=setting.loss,
            lateness=setting.lateness,
            mix=mix,
            episodes=(together,) * sum(map(len, meetings)),
            meetings=meetings,
        )

    def _meetings(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the shipments that stand together: pairs of the guilty, one crowd of the innocent."""
        if self.guilty:
            return tuple((2 * pair + 1, 2 * pair + 2) for pair in range(self.trips // PAIR_EVERY))
        return (tuple(range(1, CROWD + 1)),) if self.trips > 2 * CROWD else ()


class Judged(NamedTuple):
    batch: Batch
    shipments: list[Shipment]
    labels: list[Label]
    alerts: list[Alert]
    reports: int


def batches(setting: Setting, seed: int, trips: int, *, guilty: bool) -> list[Batch]:
    """`trips` trips in feeds of at most CHUNK, each with a seed of its own."""
    sizes = [min(CHUNK, trips - first) for first in range(0, trips, CHUNK)]
    return [Batch(setting, seed + number, size, guilty) for number, size in enumerate(sizes)]


def judge(batch: Batch, world: World) -> Judged:
    """Make the batch's feed and run the engine over it in the order of reception, until every deadline has passed."""
    feed = make(batch.spec(), world.maker)
    alerts = alerts_of(to_reports(feed.reports), feed.shipments, world.engine, feed.sightings)
    labels = [*feed.labels, *also_true(feed, world, batch.setting.interval_s)]
    return Judged(batch, feed.shipments, labels, alerts, len(feed.reports["time"]))


def alerts_of(
    reports: Reports, shipments: Sequence[Shipment], catalogue: Catalogue, sightings: Sequence[Sighting] = ()
) -> list[Alert]:
    """The alerts that stand in the end. `reports` ascend by reception."""
    if sightings:
        reports = concat([reports, pack_sightings(sightings)])
        reports = reports.take(np.argsort(reports.rows["received_ms"], kind="stable"))
    engine = Engine(catalogue)
    history, _ = engine.register(shipments)
    for start in range(0, len(reports), BATCH):
        history += engine.process(reports[start : start + BATCH])
    due_ms = max(shipment.arrive_by or 0 for shipment in shipments)
    history += engine.process(reports[:0], max(due_ms, int(reports.rows["received_ms"][-1])) + HOUR_MS)
    return final(history)


def to_reports(columns: Columns) -> Reports:
    """The maker's columns as the engine reads them."""
    given: dict[str, object] = dict(columns)
    given["events"] = [text.split(";") if text else [] for text in columns["events"]]
    given["card"] = [text or None for text in columns["card"]]
    given["lock"] = [text or None for text in columns["lock"]]
    for name in ("valid", "buffered"):
        given[name] = columns[name].tolist()
    draft = draft_of(given, len(columns["time"]), [])
    draft.rows["offset"] = np.arange(len(draft.rows))
    return Reports(draft.rows, list(draft.seals), list(draft.cards))


def _offences(late: float) -> dict[str, float]:
    """Shares that add up to one. What is uploaded late must have a stretch of road of its own, and no modifier."""
    total = sum(OFFENCE_WEIGHTS.values())
    shares: dict[str, float] = {}
    for name, weight in OFFENCE_WEIGHTS.items():
        part = late if name in CAN_BE_LATE else 0.0
        shares[name] = (1 - part) * weight / total
        if part:
            shares[f"late:{name}"] = part * weight / total
    return shares


CAN_BE_LATE = frozenset(
    ("detour", "unloading", "stop", "opening", "rope_cut", "back_cover", "forbidden", "reversal", "racing", "spoofed")
)
