"""The generated feeds themselves: whether the rules that the twins are compared on are met at all."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sealtrack.core.anomaly import CAUSES
from sealtrack.geofence import Catalogue
from sealtrack.schema import Alert, Kind
from tests.core.compare import judge_case
from tests.core.feeds import Case, cases
from tests.core.world import catalogue

pytestmark = pytest.mark.compiled
SIGNS = (
    "accumulated",
    "probing",
    "dead_zone",
    "backfilled",
    "predicted_arrival",
    "others_lost",
    "others_heard",
    "read",
)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def signs(alert: Alert) -> set[str]:
    """The alert's kind, and what its evidence says that a rule of its own decides."""
    said = {name for name in SIGNS if alert.evidence.get(name)}
    return {str(alert.kind), *said, *alert.evidence.get("causes", ())}


def test_every_rule_is_met_by_some_feed(country: Catalogue) -> None:
    wanted = {*Kind, *SIGNS, *CAUSES}
    met: Counter[str] = Counter()

    @settings(
        max_examples=600,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases())
    def look(case: Case) -> None:
        if not wanted <= met.keys():
            met.update(set().union(*(signs(alert) for alert in judge_case(country, case))))

    look()
    assert wanted - met.keys() == set(), f"met so far: {met}"
