"""The engine against its slow obvious twin: both judge by `docs/judgement.md`, neither knows the other."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from sealtrack.geofence import Catalogue
from tests.core.compare import disagreements
from tests.core.feeds import Case, cases
from tests.core.world import catalogue

EXAMPLES = 30 if os.environ.get("NUMBA_DISABLE_JIT") == "1" else 150
"""Plain Python is fifty times slower."""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(case=cases())
def test_the_engine_and_its_twin_say_the_same(country: Catalogue, case: Case) -> None:
    assert disagreements(country, case) == []
