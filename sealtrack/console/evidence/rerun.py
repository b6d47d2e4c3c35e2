"""Judges a shipment again from what a pack holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.console.evidence.gather import Seen
from sealtrack.engine import Engine
from sealtrack.engine.atlas import Edition
from sealtrack.policy import Policies
from sealtrack.replay import final
from sealtrack.schema import Alert, Shipment


def rerun(
    reports: Reports,
    shipments: Sequence[Shipment],
    sightings: Sequence[Seen],
    editions: Sequence[Edition],
    policies: Policies,
    clock_ms: int,
) -> list[Alert]:
    """The alerts that stand once all reports are read and the clock has come to `clock_ms`; `editions` of the
    geofences by time, one at least.
    """
    engine = Engine(editions[0].catalogue, policies)
    engine.follow(editions)
    history, _ = engine.register(shipments)
    seen = [pack_sightings([one.sighting], [one.offset], one.partition) for one in sightings]
    feed = concat([reports, *seen]) if seen else reports
    history += engine.process(feed.take(np.argsort(feed.rows["received_ms"], kind="stable")))
    history += engine.process(feed[:0], clock_ms)
    return final(history)


def differences(expected: Sequence[Alert], found: Sequence[Alert]) -> list[str]:
    """A line for each alert that is not the same. How many versions led to it does not count: other seals' reports,
    which a pack does not hold, move the clock in between.
    """
    before, after = ({one.alert_id: replace(one, version=0) for one in alerts} for alerts in (expected, found))
    told = [f"{before[one].kind} {one} does not come out again" for one in before if one not in after]
    told += [f"{after[one].kind} {one} comes out and is not in the pack" for one in after if one not in before]
    for name in before.keys() & after.keys():
        if before[name] != after[name]:
            told.append(f"{before[name].kind} {name} comes out otherwise: {_changed(before[name], after[name])}")
    return sorted(told)


def _changed(before: Alert, after: Alert) -> str:
    names = [name for name in before.__slots__ if getattr(before, name) != getattr(after, name)]
    if "evidence" in names:
        names.remove("evidence")
        both = sorted(before.evidence.keys() | after.evidence.keys())
        names += [f"evidence.{one}" for one in both if before.evidence.get(one) != after.evidence.get(one)]
    return ", ".join(names)
