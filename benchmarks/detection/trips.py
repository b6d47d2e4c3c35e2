"""Simulated trips and what the engine says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from benchmarks.detection.world import World
from replay.maker import Feed, Label, Spec, make
from replay.maker.feed import TWIN_SHARES
from replay.maker.reports import Columns
from sealtrack.columns import Reports
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.io.codecs.pack import draft_of
from sealtrack.replay import final
from sealtrack.schema import Alert, Kind, Shipment

BATCH = 50_000
HOUR_MS = 3_600_000
FOREVER_MS = 2**62
SILENT_S, SILENT_INTERVALS = 600.0, 2.5
"""What DESIGN calls a silence, by the interval that the seal was truly set to."""
EDGE_DEG = 0.0005
"""Some 50 m, which the straight way between two reports may cut off a bend."""
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
}
INNOCENT_TWINS: Mapping[str, float] = {**TWIN_SHARES, "weak_battery": 0.1, "heard_soon": 0.05, "in_time": 0.15}


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
        return Spec(
            seed=self.seed,
            n_shipments=self.trips,
            interval_s=setting.interval_s,
            noise_m=setting.noise_m,
            loss=setting.loss,
            lateness=setting.lateness,
            mix=mix,
        )


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
    alerts = alerts_of(to_reports(feed.reports), feed.shipments, world.engine)
    labels = [*feed.labels, *_never_arriving(feed), *_inside_forbidden(feed, world), *_unheard(feed, batch)]
    return Judged(batch, feed.shipments, labels, alerts, len(feed.reports["time"]))


def alerts_of(reports: Reports, shipments: Sequence[Shipment], catalogue: Catalogue) -> list[Alert]:
    """The alerts that stand in the end. `reports` ascend by reception."""
    engine = Engine(catalogue)
    history, _ = engine.register(shipments)
    for start in range(0, len(reports), BATCH):
        history += engine.process(reports[start : start + BATCH])
    due_ms = max(shipment.arrive_by or 0 for shipment in shipments)
    history += engine.process(reports[:0], max(due_ms, int(reports.rows["received_ms"][-1])) + HOUR_MS)
    return final(history)


def _never_arriving(feed: Feed) -> list[Label]:
    """Who has gone for good is overdue from the deadline on."""
    return [
        Label(Kind.overdue, shipment.shipment_id, shipment.arrive_by or 0, FOREVER_MS, "must", "leave", "never arrives")
        for shipment in feed.shipments
        if shipment.closed_at is None
    ]


def _inside_forbidden(feed: Feed, world: World) -> list[Label]:
    """Whose detour happens to lead through a forbidden zone was there: an alert tells the truth."""
    zones = [zone.polygon for zone in world.maker.zones.values() if zone.forbidden]
    area = shapely.union_all(zones).buffer(EDGE_DEG)
    inside = shapely.contains_xy(area, feed.truth["lon"], feed.truth["lat"])
    seals = {shipment.seal_id: shipment.shipment_id for shipment in feed.shipments}
    seen = {
        (seal, int(ms)) for seal, ms in zip(feed.reports["seal_id"][inside], feed.reports["time"][inside], strict=True)
    }
    return [
        Label(Kind.forbidden_zone, seals[seal], ms, ms, "may", "passing", "was in a forbidden zone")
        for seal, ms in sorted(seen)
    ]


def _unheard(feed: Feed, batch: Batch) -> list[Label]:
    """Where reports are lost in a row or the link stalls, nothing is heard for as long as the rule says."""
    limit_ms = 1_000 * max(SILENT_S, SILENT_INTERVALS * batch.setting.interval_s)
    labels = []
    for shipment in feed.shipments:
        heard = np.sort(feed.reports["received"][feed.reports["seal_id"] == shipment.seal_id])
        for i in np.flatnonzero(np.diff(heard) > limit_ms):
            span = int(heard[i]), int(heard[i + 1])
            labels.append(
                Label(Kind.signal_loss, shipment.shipment_id, *span, "may", "unheard", "nothing was received")
            )
    return labels


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
