"""Several engines that each judge some of the seals, and tell each other what the service has them tell, say together
what one engine says of all.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.replay import final
from sealtrack.schema import Alert
from tests.core.feeds import Case, cases, pack
from tests.core.world import catalogue

pytestmark = [pytest.mark.compiled, pytest.mark.filterwarnings("ignore:Generating overly large repr")]
LANES = 2
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def lane_of(seal: str) -> int:
    return zlib.crc32(seal.encode()) % LANES


def part_of(case: Case, reports: Reports, lane: int) -> Reports:
    """The reports of a lane's seals and all sightings, in the order in which they were received."""
    mine = np.array([lane_of(reports.seals[seal]) == lane for seal in reports.rows["seal"]], np.bool_)
    both = concat([reports.take(mine), pack_sightings(case.sightings)])
    return both.take(np.argsort(both.rows["received_ms"], kind="stable"))


def together(country: Catalogue, case: Case) -> list[Alert]:
    engines = [Engine(country, case.policies, shares_digests=True) for _ in range(LANES)]
    reports = pack(case.reports)
    told: list[Alert] = []
    for lane, engine in enumerate(engines):
        told += engine.register([one for one in case.shipments if lane_of(one.seal_id) == lane])[0]
        told += engine.process(part_of(case, reports, lane))
    told += exchange(engines)
    clocks = [engine.clock_ms for engine in engines if engine.clock_ms is not None]
    for clock_ms in [*range(min(clocks, default=case.clock_ms), case.clock_ms, DAY_MS), case.clock_ms]:
        told += [alert for engine in engines for alert in engine.process(reports[:0], clock_ms)]
        told += exchange(engines)
    return told


def exchange(engines: Sequence[Engine]) -> list[Alert]:
    """What the digests topic carries: when anybody was first heard, and digests; not later than they are forgotten."""
    told: list[Alert] = []
    heard_ms = min((engine.heard_ms for engine in engines if engine.heard_ms is not None), default=None)
    digests = [engine.take_digests() for engine in engines]
    for lane, engine in enumerate(engines):
        told += [] if heard_ms is None else engine.hear_of(heard_ms)
        for other, heard in enumerate(digests):
            told += engine.hear(heard) if other != lane else []
    return told


def alone(country: Catalogue, case: Case) -> list[Alert]:
    engine = Engine(country, case.policies)
    both = concat([pack(case.reports), pack_sightings(case.sightings)])
    told, _ = engine.register(case.shipments)
    told += engine.process(both.take(np.argsort(both.rows["received_ms"], kind="stable")))
    return told + engine.process(both[:0], case.clock_ms)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=cases())
def test_lanes_that_tell_each_other_say_what_one_engine_says(country: Catalogue, case: Case) -> None:
    def last(told: list[Alert]) -> dict[str, Alert]:
        return {one.alert_id: replace(one, version=0) for one in final(told)}

    assert last(together(country, case)) == last(alone(country, case))
