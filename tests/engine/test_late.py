"""Evidence that comes late: it lands where it belongs, and what lies beyond the horizon is told, not lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from math import pi, sin

import pytest

from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies, Policy
from sealtrack.replay import final
from sealtrack.schema import Alert, Shipment
from tests.core.feeds import DEGREE_M, HOUR, MINUTE, SECOND, START, Raw, pack
from tests.core.world import catalogue, point_on

pytestmark = pytest.mark.compiled
TRIP = Shipment(shipment_id="S1", seal_id="seal", route_id="road", depart_at=START - MINUTE, origin_zone="port")
ROAD_M = 67_600.0
OF_THE_WAITING = {"signal_loss", "silent_shipment"}
"""Kinds that say that nothing came: of a burst they are true, of the same reports in time they are not."""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def trip(hours: int, start: int = START) -> Iterator[Raw]:
    """Along the road in `hours`: opened twice, once far off the road, and half an hour's stop in between."""
    minutes = hours * 60
    opened = (minutes // 4, minutes - 40)
    stop = minutes // 2
    for minute in range(minutes + 1):
        driven = minute - min(max(minute - stop, 0), 30)
        lon, lat = point_on("road", 2_000 + (ROAD_M - 4_000) * driven / (minutes - 30))
        aside = max(sin(pi * (minute - opened[1] + 15) / 30), 0) if abs(minute - opened[1]) <= 15 else 0.0
        yield {
            "seal": "seal",
            "time_ms": start + minute * MINUTE,
            "lat": lat + 3_000 * aside / DEGREE_M,
            "lon": lon,
            "lock": "unlocked" if 0 <= minute - opened[0] < 3 or 0 <= minute - opened[1] < 3 else "locked",
        }


def received(reports: Sequence[Raw], at_ms: int | None = None) -> list[Raw]:
    """Two seconds after they were made, or all of them after one another from `at_ms` on."""
    return [
        raw | {"received_ms": raw["time_ms"] + 2 * SECOND if at_ms is None else at_ms + number * 20, "offset": number}
        for number, raw in enumerate(reports)
    ]


class Judged:
    """An engine that has read these reports."""

    def __init__(self, country: Catalogue, reports: Sequence[Raw], *trips: Shipment, horizon_s: float = 21_600) -> None:
        self.engine = Engine(country, Policies(Policy(horizon_s=horizon_s)))
        self.told, _ = self.engine.register(trips or [TRIP])
        self.told += self.engine.process(pack(list(reports)))

    def alerts(self, kind: str | None = None, shipment: str = "S1") -> list[Alert]:
        mine = [alert for alert in final(self.told) if alert.shipment_id == shipment]
        return [alert for alert in mine if alert.kind == kind or (kind is None and alert.kind not in OF_THE_WAITING)]

    def offences(self) -> list[Alert]:
        """What happened, whenever it became known and wherever it was read."""
        return [replace(alert, version=0, detected_at=0, evidence={}) for alert in self.alerts()]

    def flag(self, shipment: str = "S1") -> dict[str, object]:
        return self.engine.flags([shipment])[0]


def test_a_trip_uploaded_whole_at_its_end_is_judged_as_if_it_had_come_in_time(country: Catalogue) -> None:
    reports = list(trip(5))
    live = Judged(country, received(reports))
    burst = Judged(country, received(reports, reports[-1]["time_ms"] + MINUTE))
    kinds = [alert.kind for alert in live.offences()]
    assert {"seal_open", "unauthorised_stop", "route_deviation"} <= set(kinds)
    assert kinds.count("seal_open") == 2
    assert burst.offences() == live.offences()
    assert live.flag()["readjudicate"] is burst.flag()["readjudicate"] is False


def test_a_burst_longer_than_the_horizon_loses_no_opening_and_is_marked(country: Catalogue) -> None:
    reports = list(trip(9))
    live = Judged(country, received(reports))
    sent_ms = reports[-1]["time_ms"] + MINUTE
    sent = received(reports, sent_ms)
    burst = Judged(country, sent)
    old = [raw for raw in sent if raw["received_ms"] - raw["time_ms"] > 6 * HOUR]
    late = [alert for alert in burst.alerts("seal_open") if alert.evidence.get("late")]
    walked = [alert for alert in burst.alerts("seal_open") if not alert.evidence.get("late")]
    assert [alert.start for alert in late] == [raw["time_ms"] for raw in old if raw["lock"] == "unlocked"] != []
    assert [alert.start for alert in walked] == [live.alerts("seal_open")[1].start]
    flag = burst.flag()
    assert (flag["late_reports"], flag["readjudicate"], flag["flagged"]) == (len(old), True, True)
    # replayed with the horizon that the flag asks for, it is judged as if it had come in time
    horizon_s = flag["horizon_needed_s"]
    assert isinstance(horizon_s, int)
    again = Judged(country, sent, horizon_s=horizon_s)
    assert again.offences() == live.offences()
    assert again.flag()["readjudicate"] is False


@pytest.mark.parametrize(("after_days", "told"), [(6.9, True), (7.1, False)])
def test_a_cut_counts_until_a_week_after_the_end_of_its_shipment(
    country: Catalogue, after_days: float, *, told: bool
) -> None:
    reports = received(list(trip(5)))
    closed = replace(TRIP, closed_at=TRIP.depart_at + 20 * 24 * HOUR)
    cut = {**reports[-1], "lock": "cut", "time_ms": reports[-1]["time_ms"] + MINUTE, "offset": 999}
    cut["received_ms"] = TRIP.depart_at + int((20 + after_days) * 24 * HOUR)
    given = Judged(country, [*reports, cut], closed)
    assert [alert.start for alert in given.alerts("seal_tamper")] == [cut["time_ms"]] * told


def test_a_report_from_before_departure_is_nobodys(country: Catalogue) -> None:
    reports = received(list(trip(5)))
    opened = {**reports[0], "time_ms": TRIP.depart_at - 1, "lock": "unlocked", "offset": 999}
    early = opened | {"received_ms": opened["time_ms"] + 3 * HOUR}
    given = Judged(country, sorted([*reports, early], key=lambda raw: raw["received_ms"]))
    assert given.alerts() == Judged(country, reports).alerts()
    assert "seal seal: 1 reports outside every shipment's time" in given.engine.unclaimed()[0]
    # a declaration put right makes it the shipment's after all
    sooner = replace(TRIP, depart_at=TRIP.depart_at - MINUTE, origin_zone=None)
    given.told += given.engine.register([sooner])[0]
    assert given.alerts("seal_open")[0].start == early["time_ms"]
    assert given.engine.unclaimed() == []


def test_a_report_after_closing_is_not_the_closed_shipments(country: Catalogue) -> None:
    reports = received(list(trip(5)))
    closed = replace(TRIP, closed_at=reports[-1]["time_ms"])
    opened = {**reports[-1], "lock": "unlocked", "time_ms": reports[-1]["time_ms"] + 1, "offset": 999}
    after = opened | {"received_ms": opened["time_ms"] + 4 * HOUR}
    given = Judged(country, [*reports, after], closed)
    assert given.alerts() == Judged(country, [*reports, after | {"lock": "locked"}], closed).alerts()
    assert len(given.alerts("seal_open")) == 2
    # at the very moment of closing it still is
    at_closing = after | {"time_ms": reports[-1]["time_ms"], "seq": 7}
    assert len(Judged(country, [*reports, at_closing], closed).alerts("seal_open")) == 3


@pytest.mark.parametrize("late_h", [1, 8])
def test_a_late_report_of_the_seals_previous_shipment_is_that_ones(country: Catalogue, late_h: int) -> None:
    first, second = list(trip(3)), list(trip(3, START + 4 * HOUR))
    opened = {**first[50], "lock": "unlocked", "time_ms": first[50]["time_ms"] + SECOND, "offset": 999}
    late = opened | {"received_ms": START + (4 + late_h) * HOUR}
    reports = sorted([*received(first), *received(second), late], key=lambda raw: raw["received_ms"])
    trips = [TRIP, replace(TRIP, shipment_id="S2", depart_at=START + 4 * HOUR)]
    given = Judged(country, reports, *trips)
    without = Judged(country, [raw for raw in reports if raw != late], *trips)
    assert given.alerts(shipment="S2") == without.alerts(shipment="S2")
    new = {alert.start for alert in given.alerts("seal_open")} - {a.start for a in without.alerts("seal_open")}
    assert new == {late["time_ms"]}
    assert given.flag()["readjudicate"] is (late_h == 8)
    assert given.flag("S2")["readjudicate"] is False


OLD = [raw | {"time_ms": raw["time_ms"] - 9 * HOUR, "lock": "locked"} for raw in trip(1)]
DEPARTED = replace(TRIP, depart_at=OLD[0]["time_ms"])


def test_copies_of_a_late_report_count_once_in_any_order(country: Catalogue) -> None:
    now = received(list(trip(1)))
    at_ms = now[-1]["received_ms"]
    a, b, c = received(OLD[:3], at_ms)
    copy = a | {"received_ms": at_ms + MINUTE, "offset": 5}
    on_time = now[7] | {"received_ms": now[7]["time_ms"] + 7 * HOUR, "offset": 6}  # a copy of what came in time
    for late in permutations([a, b, c, copy, on_time]):
        assert Judged(country, [*now, *late], DEPARTED).flag()["late_reports"] == 3


def test_late_reports_alone_flag_nobody_but_are_told(country: Catalogue) -> None:
    quiet = [raw | {"lock": "locked"} for raw in list(trip(16))[:400]]  # before it stands anywhere
    other = [raw | {"speed_kmh": 4.0} for raw in quiet[:10]]
    judged = Judged(country, [*received(quiet), *received(other, quiet[-1]["time_ms"] + 3 * SECOND)])
    assert final(judged.told) == []
    flag = judged.flag()
    assert (flag["flagged"], flag["readjudicate"], flag["late_reports"]) == (False, True, 10)
    assert flag["horizon_needed_s"] == 7 * 3_600


def test_the_engine_names_a_shipment_whenever_more_reports_came_too_late(country: Catalogue) -> None:
    now = received(list(trip(1)))
    judged = Judged(country, now, DEPARTED)
    assert judged.engine.late_shipments() == []
    late = received(OLD[:2], now[-1]["received_ms"])
    judged.engine.process(pack(late))
    assert judged.engine.late_shipments() == ["S1"]
    assert judged.engine.late_shipments() == []
    judged.engine.process(pack(late))  # copies
    assert judged.engine.late_shipments() == []
    restored = Engine(country, Policies(Policy()))
    restored.restore(judged.engine.snapshot())
    assert restored.flags(["S1"]) == judged.engine.flags(["S1"])
    assert restored.late_shipments() == []
    restored.process(pack(received(OLD[2:3], now[-1]["received_ms"])))
    assert restored.late_shipments() == ["S1"]


def test_a_copy_read_before_its_original_gives_the_evidence_of_a_rendezvous_back_to_it(country: Catalogue) -> None:
    standing = [range(30, 40), range(28, 42)]
    raws: list[Raw] = []
    for number, stop in enumerate(standing):
        for minute in range(60):
            driven = minute - min(max(minute - stop.start, 0), len(stop))
            lon, lat = point_on("road", 20_000 + 700.0 * (driven - stop.start))
            t = START + minute * MINUTE
            raws.append({"seal": f"seal {number}", "time_ms": t, "lat": lat, "lon": lon, "received_ms": t + SECOND})
    raws = [raw | {"offset": offset} for offset, raw in enumerate(sorted(raws, key=lambda raw: raw["received_ms"]))]
    trips = [replace(TRIP, shipment_id=f"S{number}", seal_id=f"seal {number}") for number in range(2)]
    first = next(raw for raw in raws if raw["seal"] == "seal 0" and raw["time_ms"] == START + 30 * MINUTE)
    copy = first | {"received_ms": first["received_ms"] + HOUR, "offset": len(raws)}
    in_order = Judged(country, [*raws, copy], *trips).alerts("rendezvous", "S0")
    assert [alert.evidence["first_offset"] for alert in in_order] == [first["offset"]]
    swapped = Judged(country, [copy if raw is first else raw for raw in raws] + [first], *trips)
    assert [alert.evidence for alert in swapped.alerts("rendezvous", "S0")] == [alert.evidence for alert in in_order]


@pytest.mark.parametrize("before", range(104, 122, 6))
def test_a_silence_names_the_report_before_it_also_when_that_has_left_the_tail(country: Catalogue, before: int) -> None:
    heard = [raw for minute, raw in enumerate(trip(7)) if not before <= minute < before + 40]
    reports = received(heard)
    for number in range(before, len(reports), 10):  # each has what the clock says said anew
        reports[number]["received_ms"] += 15 * MINUTE
    reports.sort(key=lambda raw: raw["received_ms"])
    judged = Judged(country, reports, horizon_s=3_600)
    silences = [alert for alert in judged.told if alert.kind == "signal_loss" and alert.end != alert.start]
    assert {alert.evidence["first_offset"] for alert in silences} == {before - 1}
