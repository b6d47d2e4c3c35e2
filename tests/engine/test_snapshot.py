"""A snapshot taken anywhere in a feed goes on as if nothing had happened, and fits only what it was taken with."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealtrack.columns import Reports, concat
from sealtrack.engine import Engine
from sealtrack.errors import InputError
from sealtrack.geofence import Catalogue, load
from sealtrack.io.files import read_reports, read_shipments
from sealtrack.policy import Policies, Policy
from sealtrack.schema import Shipment

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "replay" / "scenarios" / "late-burst"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(ROOT / "geofences")


@pytest.fixture(scope="module")
def reports() -> Reports:
    return concat([batch for batch, _ in read_reports(SCENARIO / "feed.csv.gz")])


@pytest.fixture(scope="module")
def shipments() -> list[Shipment]:
    return read_shipments(SCENARIO / "shipments.csv")[0]


@pytest.mark.compiled
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_the_restored_engine_says_what_the_first_one_says(
    catalogue: Catalogue, reports: Reports, shipments: list[Shipment], share: float
) -> None:
    cut = int(share * len(reports))
    first = Engine(catalogue)
    first.register(shipments)
    first.process(reports[:cut])
    second = Engine(catalogue)
    second.restore(first.snapshot())
    said = first.process(reports[cut:])
    assert said
    assert second.process(reports[cut:]) == said
    names = [shipment.shipment_id for shipment in shipments]
    assert second.flags(names) == first.flags(names)


@pytest.mark.compiled
def test_reports_held_for_a_shipment_to_come_survive(
    catalogue: Catalogue, reports: Reports, shipments: list[Shipment]
) -> None:
    first = Engine(catalogue)
    first.process(reports[:500])
    second = Engine(catalogue)
    second.restore(first.snapshot())
    assert second.unclaimed() == first.unclaimed() != []
    assert second.register(shipments) == first.register(shipments)


def test_it_fits_only_the_same_policies(catalogue: Catalogue) -> None:
    taken = Engine(catalogue).snapshot()
    other = Engine(catalogue, Policies(Policy(stop_warning_s=600)))
    with pytest.raises(InputError, match="taken with another set of policies"):
        other.restore(taken)


@pytest.mark.parametrize("data", [b"", b"rubbish", b"\x80"])
def test_anything_else_is_refused(catalogue: Catalogue, data: bytes) -> None:
    with pytest.raises(InputError, match="not a sealtrack snapshot"):
        Engine(catalogue).restore(data)
