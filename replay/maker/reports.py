"""From a drive and its story to the reports of a seal: sampling, receiver noise, lock, link."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.maker.faults import falsify, set_clocks, within
from replay.maker.motion import Motion
from replay.maker.road import Floats, Plane
from replay.maker.story import Blind, Edits, SealEvent, Span

Columns = dict[str, NDArray[Any]]
"""One array a wire name of `sealtrack.schema.Report`; text columns hold str objects, times epoch ms."""
Rng = np.random.Generator
Ints = NDArray[np.int64]

NOISE_MEMORY_S = 60.0
WHITE_SHARE = 0.3
"""White noise beside the noise with memory, as a share of its sigma."""
SPIKE_SHARE = 0.0004
"""Reports with a multipath error of 60-250 m."""
DUPLICATE_SHARE = 0.02
DELAY_MEDIAN_S, DELAY_P95_S, DELAY_MAX_S = 2.5, 50.0, 400.0
"""Of the link itself; with the queue behind a stall, reports every 30 s arrive after 3 s (median) and 2 min (p95)."""
DELAY_MEMORY_S = 180.0
STRAY_SHARE = 0.02
"""Reports that fall behind their successors."""
DELAY_SIGMA = float(np.log(DELAY_P95_S / DELAY_MEDIAN_S)) / 1.645
BURST_GAP_MS = 150
"""Between two stored reports of one upload."""
DROPPED_ZERO_SHARE = 0.35


class Receiver(NamedTuple):
    """How often and how well a seal reports."""

    interval_s: float
    noise_m: float
    loss: float
    """Share of reports that never arrive; those with an event always do."""


class Seal(NamedTuple):
    seal_id: str
    span: Span
    """First and last moment at which it reports, epoch ms."""
    receiver: Receiver
    plane: Plane


class Drawn(NamedTuple):
    """The reports of one trip, as sent, and the noise-free truth of each."""

    columns: Columns
    truth: Columns
    """`lat`, `lon`, `speed`: where the truck was and how fast, whatever was reported."""


def render(motion: Motion, seal: Seal, edits: Edits, rng: Rng) -> Drawn:
    """All reports of one seal, unsorted, delays and duplicates included."""
    span, receiver = seal.span, seal.receiver
    edits.events.sort()
    time = _sampling(span, receiver.interval_s, edits.events, rng)
    xy, v, heading = motion.at((time - span[0]) / 1000.0)
    seen = _fed(motion, time, span[0], edits) + _noise(time / 1000.0, v, receiver.noise_m, rng)
    _throw(seen, time, edits, rng)
    lonlat, accurate = seal.plane.to_lonlat(seen), seal.plane.to_lonlat(xy)
    _drop_zero(lonlat, time, edits, rng)
    falsify(lonlat, time, edits)
    columns: Columns = {
        "seal_id": _text(seal.seal_id, len(time)),
        "time": time,
        "lat": np.round(lonlat[:, 1], 6),
        "lon": np.round(lonlat[:, 0], 6),
        "speed": np.round(np.maximum(v * 3.6 + rng.normal(0, 0.8, len(v)) * (v > 0.3), 0), 1),
        "heading": np.round(heading + rng.normal(0, 3, len(v))) % 360,
        "accuracy": np.round(receiver.noise_m * np.exp(rng.normal(0.3, 0.3, len(v))), 1),
        "valid": np.ones(len(time), np.bool_),
        **_lock(time, edits.events),
        "battery": np.round(rng.uniform(72, 100) - (time - span[0]) / 3.6e6 * rng.uniform(0.4, 1.1), 1),
        "satellites": np.clip(rng.normal(11, 1.5, len(v)).round(), 5, 18).astype(np.int64),
        "seq": np.arange(len(time)) + int(rng.integers(1, 50_000)),
    }
    for drain in edits.drains:
        later = time >= drain.from_ms
        gone_pct = (time[later] - drain.from_ms) / 3.6e6 * drain.pct_an_hour
        columns["battery"][later] = np.round(np.maximum(drain.pct - gone_pct, drain.floor_pct), 1)
    for blind in edits.blind:
        _take_fix(columns, blind, rng)
    truth: Columns = {"lat": accurate[:, 1], "lon": accurate[:, 0], "speed": v * 3.6}
    return _send(columns, truth, receiver.loss, edits, rng)


def _fed(motion: Motion, time: Ints, depart_ms: int, edits: Edits) -> Floats:
    """(n, 2) the positions that reach the receiver: the true ones, but where somebody relays others to it."""
    at_s = (time - depart_ms) / 1000.0
    for relay in edits.relays:
        at_s[within(time, relay.span)] += relay.ahead_s
    return motion.at(at_s)[0]


def _sampling(span: Span, interval_s: float, events: list[SealEvent], rng: Rng) -> Ints:
    """Report times, whole seconds in epoch ms: the interval with 10 % jitter, and the events' own."""
    count = int((span[1] - span[0]) / 1000 / interval_s) + 1
    regular = span[0] + (np.arange(count) + rng.uniform(-0.1, 0.1, count)) * interval_s * 1000
    own = np.array([event.time_ms for event in events], np.float64)
    whole = (np.concatenate([regular, own]) // 1000 * 1000).astype(np.int64)
    return np.unique(np.clip(whole, span[0], span[1] // 1000 * 1000))


def _noise(time_s: Floats, v: Floats, sigma_m: float, rng: Rng) -> Floats:
    """(n, 2) metres: a Gauss-Markov process (half as large again in halts) and a white part, rarely a spike."""
    slow = [_markov(time_s, NOISE_MEMORY_S, rng) for _ in ("east", "north")]
    sigma = sigma_m * np.where(v < 0.5, 1.5, 1.0)
    noise = np.column_stack(slow) * sigma[:, None]
    noise += rng.normal(0, WHITE_SHARE * sigma_m, noise.shape)
    spikes = np.flatnonzero(rng.random(len(v)) < SPIKE_SHARE * (sigma_m > 0))
    noise[spikes] += _far(len(spikes), 60, 250, rng)
    return noise


def _markov(time_s: Floats, memory_s: float, rng: Rng) -> Floats:
    """(n,) a Gauss-Markov process of unit variance at these moments."""
    keep = np.exp(-np.diff(time_s) / memory_s)
    push = rng.normal(size=len(time_s))
    push[1:] *= np.sqrt(1 - keep**2)
    steps = zip(keep.tolist(), push[1:].tolist(), strict=True)
    return np.array(list(accumulate(steps, lambda at, step: at * step[0] + step[1], initial=float(push[0]))))


def _far(count: int, low_m: float, high_m: float, rng: Rng) -> Floats:
    angle, reach = rng.uniform(0, 2 * np.pi, count), rng.uniform(low_m, high_m, count)
    return np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])


def _throw(seen: Floats, time: Ints, edits: Edits, rng: Rng) -> None:
    for wild in edits.wild:
        inside = np.flatnonzero(within(time, wild.span))[::2]  # every other one: never two in a row
        chosen = rng.choice(inside, min(wild.fixes, len(inside)), replace=False)
        seen[chosen] += _far(len(chosen), wild.low_m, wild.high_m, rng)


def _drop_zero(lonlat: Floats, time: Ints, edits: Edits, rng: Rng) -> None:
    for span in edits.dropped_zero:
        hit = within(time, span) & (rng.random(len(time)) < DROPPED_ZERO_SHARE)
        whole = np.floor(lonlat)
        decimals = np.round(lonlat - whole, 6)
        damaged = hit[:, None] & (decimals < 0.1)
        lonlat[damaged] = (whole + 10 * decimals)[damaged]


def _lock(time: Ints, events: list[SealEvent]) -> Columns:
    """Columns `lock`, `events`, `card`. The seal is unlocked until its first event says otherwise."""
    lock, names, cards = _text("unlocked", len(time)), _text("", len(time)), _text("", len(time))
    for event in events:
        at = int(np.searchsorted(time, event.time_ms // 1000 * 1000))
        names[at] = f"{names[at]};{event.event}" if names[at] else str(event.event)
        cards[at] = event.card or cards[at]
        if event.lock:
            lock[at:] = event.lock
    return {"lock": lock, "events": names, "card": cards}


def _text(value: str, count: int) -> NDArray[Any]:
    return np.full(count, value, object)


def _take_fix(columns: Columns, blind: Blind, rng: Rng) -> None:
    hit = np.flatnonzero(within(columns["time"], blind.span))
    columns["satellites"][hit] = rng.integers(0, 3, len(hit))
    columns["valid"][hit] = False
    columns["speed"][hit] = columns["heading"][hit] = columns["accuracy"][hit] = np.nan
    last = hit[0] - 1 if len(hit) else -1
    for name in ("lat", "lon"):
        columns[name][hit] = columns[name][last] if blind.stale and last >= 0 else np.nan
    if blind.jammed:
        events = columns["events"]
        events[hit] = [f"{name};jamming" if name else "jamming" for name in events[hit]]


def _arrivals(time: Ints, rng: Rng) -> Ints:
    """When each report reaches the gateway. A link that stalls delays all reports of a while and then delivers them in
    order, as on the recorded border road (log delay correlates 0.9 and more from report to report); some stray.
    """
    delay_s = DELAY_MEDIAN_S * np.exp(DELAY_SIGMA * _markov(time / 1000.0, DELAY_MEMORY_S, rng))
    ready = time + np.round(np.minimum(delay_s, DELAY_MAX_S) * 1000).astype(np.int64)
    received = np.maximum.accumulate(ready)
    stray = rng.random(len(time)) < STRAY_SHARE
    received[stray] += rng.integers(5_000, 180_000, int(stray.sum()))
    return received


def _send(columns: Columns, truth: Columns, loss: float, edits: Edits, rng: Rng) -> Drawn:
    """Add `received` and `buffered`, lose and repeat some reports."""
    time = columns["time"]
    count = len(time)
    received = _arrivals(time, rng)
    buffered = np.zeros(count, np.bool_)
    for hold in edits.holds:
        hit = np.flatnonzero(within(time, hold.span))
        buffered[hit] = True
        turn = {"forward": hit, "reversed": hit[::-1], "shuffled": rng.permutation(hit)}[hold.order]
        received[turn] = hold.upload_ms + BURST_GAP_MS * np.arange(len(hit))
    columns |= {"received": received, "buffered": buffered, "time": set_clocks(time, edits)}
    kept = (rng.random(count) >= loss) | (columns["events"] != "")
    for span in edits.silent:
        kept &= ~within(time, span)
    twice = kept & (rng.random(count) < DUPLICATE_SHARE)
    rows = np.concatenate([np.flatnonzero(kept), np.flatnonzero(twice)])
    again_ms = np.concatenate([np.zeros(kept.sum(), np.int64), rng.integers(200, 60_000, twice.sum())])
    columns, truth = ({name: values[rows] for name, values in part.items()} for part in (columns, truth))
    columns["received"] += again_ms
    return Drawn(columns, truth)
