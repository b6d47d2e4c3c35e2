"""The life of a seal as its openings tell it: armed or not, how often opened, moved while open, locked again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sealtrack.geofence import Catalogue
from tests.core.feeds import HOUR, SECOND, START, Raw
from tests.core.test_rules import OPEN_ROAD_M, TRIP, blind, drive, raised, report
from tests.core.world import catalogue

pytestmark = pytest.mark.compiled


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def states(*locks: str | None, step_m: float = 500.0) -> list[Raw]:
    """A report every 30 s on the open road, its lock in these states."""
    return [report(30 * i, OPEN_ROAD_M + step_m * i, lock=lock) for i, lock in enumerate(locks)]


def test_a_seal_that_was_never_locked_is_told_so(country: Catalogue) -> None:
    (alert,) = raised(country, "seal_open", states(None, "unlocked", "unlocked"))
    assert alert.evidence["never_locked"] is True
    (alert,) = raised(country, "seal_open", states(None, "locked", "unlocked", "unlocked"))
    assert alert.evidence["never_locked"] is False
    assert "relocked" not in alert.evidence, "it is still open"


def test_openings_are_counted_and_each_says_whether_it_was_locked_again(country: Catalogue) -> None:
    found = raised(country, "seal_open", states("unlocked", "locked", "unlocked", "unlocked", "locked", "locked"))
    told = [(a.evidence["opening_no"], a.evidence["never_locked"], a.evidence["relocked"]) for a in found]
    assert sorted(told) == [(1, True, True), (2, False, True)]


def test_late_evidence_of_an_earlier_opening_counts_the_later_one_anew(country: Catalogue) -> None:
    late = report(15, OPEN_ROAD_M + 250, lock="unlocked", received_ms=START + 600_000)
    way = states("locked", "locked", "locked", "unlocked", "locked")
    before, after = sorted(raised(country, "seal_open", [*way, late]), key=lambda alert: alert.start)
    assert (before.evidence["opening_no"], after.evidence["opening_no"]) == (1, 2)
    assert (after.version, before.version) == (2 + 1, 1), "opened, closed, and counted again"


def test_how_far_it_was_driven_open(country: Catalogue) -> None:
    (alert,) = raised(country, "seal_open", states("locked", "unlocked", "unlocked", "unlocked", "locked"))
    assert alert.evidence["moved_m"] == pytest.approx(1_000, rel=0.01), "from the first report open to the last"
    (alert,) = raised(country, "seal_open", states("locked", "unlocked", "unlocked", "locked", step_m=0.0))
    assert alert.evidence["moved_m"] == 0.0


def test_the_way_to_the_next_fix_is_not_driven_open(country: Catalogue) -> None:
    blind = report(30, lock="unlocked")
    (alert,) = raised(country, "seal_open", [report(0, OPEN_ROAD_M), blind, report(60, OPEN_ROAD_M + 900, lock=None)])
    assert alert.evidence["moved_m"] == 0.0


def in_port(*asides_m: float, **more: Any) -> list[Raw]:
    """Reports every 30 s of a seal that is open in the port, so far aside of its place."""
    return [report(30 * i, 100.0, aside_m, lock="unlocked", **more) for i, aside_m in enumerate(asides_m)]


def test_one_wild_fix_makes_no_crime_of_a_seal_that_is_open_where_it_may_be(country: Catalogue) -> None:
    assert raised(country, "seal_open", in_port(0, 0, 1_400, 0, 0, 1_400, 0)) == []
    away = [*in_port(0, 0, 1_400, 1_450, 1_500), report(150, 100.0, 1_500)]
    (alert,) = raised(country, "seal_open", away)
    assert alert.start == START + 60 * SECOND, "it was carried away open, as the second fix shows"
    assert alert.evidence["moved_m"] == pytest.approx(100, abs=5)
    (alert,) = raised(country, "seal_open", in_port(0, 0, 1_400), clock=START + HOUR)
    assert alert.detected_at == START + 661 * SECOND, "no second fix in ten minutes"


def test_who_opens_the_seal_there_is_not_given_the_benefit_of_the_doubt(country: Catalogue) -> None:
    way = [*in_port(0, 0), report(60, 100.0, 1_400, lock="unlocked", events={"unlock"}), report(90, 100.0)]
    assert len(raised(country, "seal_open", way)) == 1
    relocked = [*in_port(0), report(30, 100.0), report(60, 100.0, 1_400, lock="unlocked"), report(90, 100.0)]
    assert len(raised(country, "seal_open", relocked)) == 1


def test_a_seal_released_where_it_was_just_seen_was_opened_there(country: Catalogue) -> None:
    """Opened under the roof of the hall, without a fix; the shipment is closed before another one comes."""
    way = [report(0, 100.0), report(30, lock="unlocked")]
    soon, later = (replace(TRIP, closed_at=START + s * SECOND) for s in (120, 900))
    assert raised(country, "seal_open", way, soon, clock=START + HOUR) == []
    assert len(raised(country, "seal_open", way, later, clock=START + HOUR)) == 1
    lost = [report(0, 100.0), *blind(30, 900), report(930, lock="unlocked")]
    assert (
        len(raised(country, "seal_open", lost, replace(TRIP, closed_at=START + 960 * SECOND), clock=START + HOUR)) == 1
    )


def test_an_opening_ended_by_the_permitted_zone_was_not_locked_again(country: Catalogue) -> None:
    way = drive(63_000, 67_500, lock="unlocked")
    (alert,) = raised(country, "seal_open", [*way, report(300, 67_500), report(330, 67_500)])
    assert (alert.status, alert.evidence["relocked"]) == ("closed", False)


@pytest.mark.parametrize("armed", [True, False])
def test_an_opening_without_a_fix_that_the_clock_raises_knows_the_life_before_it(
    country: Catalogue, *, armed: bool
) -> None:
    before = [report(0, lock="locked")] if armed else []
    told = [*before, report(60, lock="unlocked"), report(90, lock="locked")]
    (alert,) = raised(country, "seal_open", told, clock=START + 5 * HOUR)
    said = alert.evidence
    assert (said["never_locked"], said["opening_no"], said["moved_m"]) == (not armed, 1, 0.0)


def test_a_fix_that_ends_the_wait_still_knows_the_life_before_the_opening(country: Catalogue) -> None:
    told = [report(0, lock="unlocked"), report(30, lock="locked"), report(60, OPEN_ROAD_M)]
    (alert,) = raised(country, "seal_open", told)
    assert (alert.start, alert.evidence["never_locked"], alert.evidence["relocked"]) == (START, True, True)
