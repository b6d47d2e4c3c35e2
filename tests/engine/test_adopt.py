"""An engine that is told what readers have seen says only how what holds differs from it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest

from sealtrack.columns import concat
from sealtrack.engine import Engine
from sealtrack.engine.versions import Versions
from sealtrack.geofence import load
from sealtrack.io.codecs.alerts import alert_json, alert_of
from sealtrack.io.codecs.load import load_object
from sealtrack.io.files import read_reports, read_shipments
from sealtrack.policy import Policies, Policy
from sealtrack.replay import final
from sealtrack.schema import Alert, Kind, Severity, Status

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "replay" / "scenarios" / "late-burst"


def alert(name: str, version: int = 1, *, status: str = Status.closed, end: int = 9, shipment: str = "S") -> Alert:
    return Alert(
        alert_id=name,
        version=version,
        kind=Kind.speeding,
        status=status,
        severity=Severity.warning,
        shipment_id=shipment,
        seal_id="seal",
        start=1,
        end=end,
        lat=None,
        lon=None,
        evidence={},
        detected_at=2,
    )


def holding(*alerts: Alert) -> Versions:
    versions = Versions()
    versions.settle((0, 0, 0), alerts)
    return versions


def told(news: list[Alert]) -> list[tuple[str, int, str]]:
    return [(one.alert_id, one.version, one.status) for one in news]


def test_the_same_is_no_news_whatever_its_number() -> None:
    versions = holding(alert("a"))
    assert versions.adopt({"a": alert("a", 7)}, set()) == []
    assert told(versions.settle((0, 0, 0), [alert("a", end=10)])) == [("a", 8, "closed")]


def test_what_differs_is_new_or_gone_goes_on_from_the_numbers_seen() -> None:
    versions = holding(alert("new"), alert("changed", end=10), alert("again"))
    seen = [alert("changed", 3), alert("gone", 2), alert("again", 2, status=Status.retracted)]
    news = versions.adopt({one.alert_id: one for one in seen}, set())
    expected = [("again", 3, "closed"), ("changed", 4, "closed"), ("gone", 3, "retracted"), ("new", 1, "closed")]
    assert sorted(told(news)) == expected


def test_what_was_retracted_and_does_not_hold_stays_so() -> None:
    versions = holding()
    assert versions.adopt({"a": alert("a", 2, status=Status.retracted)}, set()) == []
    assert told(versions.settle((0, 0, 0), [alert("a")])) == [("a", 3, "closed")]


def test_of_a_shipment_partly_read_nothing_is_taken_back_and_nothing_old_is_news() -> None:
    versions = holding(alert("unseen"), alert("changed", end=10))
    news = versions.adopt({"changed": alert("changed", 1), "gone": alert("gone")}, {"S"})
    assert told(news) == [("changed", 2, "closed")]
    assert {one.alert_id for one in versions.standing()} == {"unseen", "changed", "gone"}
    again = Versions()
    again.load(msgspec.msgpack.decode(msgspec.msgpack.encode(versions.dump({0: 0}, set()))))
    published = {"changed": alert("changed", 2, end=10), "gone": alert("gone")}
    assert again.adopt(published, set()) == []  # whoever restores the checkpoint does not tell it either
    assert told(versions.settle((0, 0, 0), [alert("unseen", end=11)]))[-1] == ("unseen", 1, "closed")


@pytest.mark.compiled
def test_an_engine_that_judged_the_same_again_has_no_news_and_one_of_another_law_ends_alike() -> None:
    catalogue, (shipments, _) = load(ROOT / "geofences"), read_shipments(SCENARIO / "shipments.csv")
    reports = concat([batch for batch, _ in read_reports(SCENARIO / "feed.csv.gz")])
    first, again = Engine(catalogue), Engine(catalogue)
    other = Engine(catalogue, Policies(Policy(stop_warning_s=300)))
    said = {engine: engine.register(shipments)[0] + engine.process(reports) for engine in (first, again, other)}
    seen = {one.alert_id: alert_of(load_object(alert_json(one))) for one in said[first]}
    assert len(seen) > 1
    assert again.adopt(seen) == []
    names = [one.shipment_id for one in shipments]
    assert again.flags(names) == first.flags(names)
    differences = other.adopt(seen)
    assert differences

    def unnumbered(alerts: list[Alert]) -> list[Alert]:
        return [dataclasses.replace(one, version=1) for one in alerts]

    assert unnumbered(final([*seen.values(), *differences])) == unnumbered(final(said[other]))
