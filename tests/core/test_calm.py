"""Ways to save time that must not make a difference: the short way of calm reports, and judging by shipments."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.schema import Alert
from tests.core.feeds import Case, cases, pack
from tests.core.world import catalogue

EXAMPLES = 15 if os.environ.get("NUMBA_DISABLE_JIT") == "1" else 100
"""Plain Python is fifty times slower."""
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def told(case: Case) -> Reports:
    """Reports and sightings in the order of `received`."""
    both = concat([pack(case.reports), pack_sightings(case.sightings)])
    return both.take(np.argsort(both.rows["received_ms"], kind="stable"))


def history(country: Catalogue, case: Case, reports: Reports, size: int, *, short_way: bool = True) -> list[Alert]:
    """Every version, of batches of `size`."""
    engine = Engine(country, case.policies)
    engine._rules = engine._rules._replace(short_way=short_way)
    said, _ = engine.register(case.shipments)
    for start in range(0, len(reports), size):
        said += engine.process(reports[start : start + size])
    return said + engine.process(reports[:0], case.clock_ms)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(case=cases(), jumbled_ms=st.sampled_from([0, 0, 90_000, 3_600_000]))
def test_calm_reports_and_batches_make_no_difference(country: Catalogue, case: Case, jumbled_ms: int) -> None:
    reports = told(case)
    if jumbled_ms:
        blur = np.random.default_rng(jumbled_ms).integers(0, jumbled_ms, len(reports))
        reports = reports.take(np.argsort(reports.rows["received_ms"] + blur, kind="stable"))
    plain = history(country, case, reports, 1, short_way=False)
    assert history(country, case, reports, len(reports)) == plain
    assert history(country, case, reports, 7) == plain
