"""Versions of alerts are numbered by what they say."""

from __future__ import annotations

from dataclasses import replace

from sealtrack.engine.evidence import alert_id
from sealtrack.engine.versions import GONE, Group, Versions
from sealtrack.schema import Alert

ONE: Group = (0, 1, 0)
OTHER: Group = (0, 1, 5)


def alert(start: int = 0, **facts: float) -> Alert:
    return Alert(
        alert_id=alert_id("S", "rendezvous", start),
        version=1,
        kind="rendezvous",
        status="open",
        severity="warning",
        shipment_id="S",
        seal_id="seal",
        start=start,
        end=None,
        lat=None,
        lon=None,
        evidence=dict(facts),
        detected_at=0,
    )


def test_only_what_says_something_else_is_a_version() -> None:
    versions = Versions()
    said = [versions.settle(ONE, [alert(stood_s=s)]) for s in (1.0, 1.0, 2.0)]
    assert [[new.version for new in news] for news in said] == [[1], [], [2]]


def test_what_a_group_no_longer_holds_is_retracted_and_may_come_back() -> None:
    versions = Versions()
    versions.settle(ONE, [alert(0), alert(9)])
    [gone] = versions.settle(ONE, [alert(9)])
    assert (gone.start, gone.version, gone.status, gone.evidence["reason"]) == (0, 2, "retracted", GONE)
    assert [a.start for a in versions.standing()] == [9]
    [back] = versions.settle(ONE, [alert(0), alert(9)])
    assert back == replace(alert(0), version=3)


def test_an_alert_that_another_group_holds_now_stands() -> None:
    versions = Versions()
    versions.settle(ONE, [alert()])
    assert versions.settle(OTHER, [alert()]) == versions.settle(ONE, []) == []
    [gone] = versions.settle(OTHER, [])
    assert gone.status == "retracted"
