"""The twin itself, on stories told by hand: who judges the judge."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import shapely
from pyproj import Geod

from sealtrack.policy import Policies
from sealtrack.schema import Shipment
from tests.naive import Corridor, Fences, Zone, judge
from tests.naive.geometry import on_line, outside_m

START = 1_750_000_000_000
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DEG_M = 103_970.0  # metres in a degree of longitude at 21° north
LAT_M = 110_700.0  # metres in a degree of latitude there

ROAD = Corridor(((106.0, 21.0), (107.0, 21.0)), 1_000.0)
PORT = Zone(shapely.box(105.99, 20.99, 106.01, 21.01), frozenset({"stop", "open"}))
GATE = Zone(shapely.box(106.99, 20.99, 107.01, 21.01), frozenset({"stop", "open"}))
FENCES = Fences({"road": ROAD}, {"port": PORT, "gate": GATE})
TRIP = Shipment(
    shipment_id="S1",
    seal_id="seal",
    route_id="road",
    depart_at=START - 10 * MINUTE,
    origin_zone="port",
    destination_zone="gate",
    open_cards=("officer",),
)


def report(t: int, km: float | None = None, north_m: float = 0.0, **more: Any) -> dict[str, Any]:
    """A report `km` along the road and `north_m` beside it; None = without a fix."""
    place = {} if km is None else {"lat": 21 + north_m / LAT_M, "lon": 106 + km * 1_000 / DEG_M}
    return {"seal": "seal", "time_ms": t, "received_ms": t, "lock": "locked", **place, **more}


def drive(seconds: int, from_km: float = 5.0, start: int = START, north_m: float = 0.0) -> list[dict[str, Any]]:
    """A report every 30 s at 60 km/h, a little unsteady, as receivers are."""
    return [
        report(start + s * SECOND, from_km + s / 60, north_m + 3 * (s % 90) / 30) for s in range(0, seconds + 1, 30)
    ]


def verdict(
    reports: list[dict[str, Any]],
    *,
    trip: Shipment = TRIP,
    clock: int = 0,
    fences: Fences = FENCES,
) -> list[dict[str, Any]]:
    return judge(reports, [trip], fences, Policies(), clock, [])[trip.shipment_id].alerts


def kinds(alerts: list[dict[str, Any]]) -> list[str]:
    return [alert["kind"] for alert in alerts]


def test_a_straight_drive_raises_nothing() -> None:
    assert verdict(drive(1_200)) == []


def test_distances_agree_with_geod() -> None:
    fix = (106.5, 21.03)
    assert on_line(fix, ((106.0, 21.0), (107.0, 21.0))).distance_m == pytest.approx(
        Geod(ellps="WGS84").inv(106.5, 21.0, *fix)[2], abs=0.01
    )
    assert outside_m((105.98, 21.0), PORT.polygon) == pytest.approx(
        Geod(ellps="WGS84").inv(105.98, 21.0, 105.99, 21.0)[2], abs=0.01
    )
    assert outside_m((105.99, 21.0), PORT.polygon) == 0


def test_a_detour_is_one_deviation_from_the_first_fix_outside_to_the_first_one_back() -> None:
    out = [report(START + (330 + 30 * i) * SECOND, 10.5 + 0.3 * i, 1_300) for i in range(10)]
    back = drive(300, 13.5, START + 630 * SECOND)
    reports = drive(300) + out + back
    (alert,) = verdict(reports)
    assert (alert["kind"], alert["status"], alert["severity"]) == ("route_deviation", "closed", "warning")
    assert (alert["start"], alert["end"]) == (START + 330 * SECOND, START + 630 * SECOND)
    assert alert["detected_at"] == START + 390 * SECOND  # the third fix outside; 60 s as well
    assert alert["evidence"]["max_offset_m"] == pytest.approx(1_300, rel=0.01)
    assert alert["lat"] == out[0]["lat"]


def test_two_fixes_just_outside_are_no_deviation() -> None:
    out = [report(START + (330 + 20 * i) * SECOND, 10.3 + 0.3 * i, 1_300) for i in range(2)]
    assert verdict(drive(300) + out + drive(300, 11.0, START + 400 * SECOND)) == []


def test_far_outside_is_critical() -> None:
    out = [report(START + MINUTE * i, 5 + 0.5 * i, 1_000 * i) for i in range(10)]
    (alert,) = verdict(out)
    assert (alert["severity"], alert["status"]) == ("critical", "open")


def test_a_shortcut_between_two_sparse_fixes_is_a_deviation() -> None:
    hairpin = Corridor(((106.0, 21.0), (106.2, 21.0), (106.2, 21.1), (106.0, 21.1)), 1_000.0)
    reports = [report(START, 5), report(START + 8 * MINUTE, 5, 0.1 * LAT_M)]
    (alert,) = verdict(reports, fences=Fences({"road": hairpin}, {}))
    assert (alert["kind"], alert["start"], alert["end"]) == ("route_deviation", START, START + 8 * MINUTE)


def stop(minutes: int, spike_at: int = -1) -> list[dict[str, Any]]:
    """Drive for 5 min, stand with 10 m of noise, one fix 500 m away at minute `spike_at`."""
    noise = random.Random(1)
    arrive = START + 330 * SECOND
    standing = []
    for s in range(0, minutes * 60 + 1, 30):
        north_m = 500.0 if s == spike_at * 60 else noise.gauss(0, 10)
        standing.append(report(arrive + s * SECOND, 10.2 + noise.gauss(0, 0.01), north_m))
    return drive(300) + standing


@pytest.mark.parametrize("spike_at", [-1, 7])
def test_a_stop_is_found_and_back_dated_despite_a_spike(spike_at: int) -> None:
    go_on = drive(300, 10.7, START + 330 * SECOND + 20 * MINUTE + 30 * SECOND)
    (alert,) = verdict(stop(20, spike_at) + go_on)
    assert (alert["kind"], alert["status"], alert["severity"]) == ("unauthorised_stop", "closed", "warning")
    assert START + 300 * SECOND <= alert["start"] <= START + 330 * SECOND
    assert abs(alert["end"] - (START + 330 * SECOND + 20 * MINUTE)) <= 30 * SECOND
    assert alert["lon"] == pytest.approx(106 + 10_200 / DEG_M, abs=1e-4)


def test_the_clock_opens_a_stop_without_fixes_and_later_evidence_takes_it_back() -> None:
    heard = [*drive(300), report(START + 330 * SECOND, 10.2), report(START + 360 * SECOND, 10.2)]
    heard += [report(START + s * SECOND) for s in range(390, 1_291, 30)]
    late = START + 25 * MINUTE
    jammed, opened = verdict(heard, clock=late)
    assert (jammed["kind"], opened["kind"]) == ("jamming", "unauthorised_stop")
    assert opened["detected_at"] == opened["start"] + 15 * MINUTE
    stored = [{**r, "received_ms": late} for r in drive(1_110, 10.7, START + 400 * SECOND)]
    assert "unauthorised_stop" not in kinds(verdict(heard + stored))


def test_a_silent_seal_does_not_say_that_it_stands() -> None:
    heard = [*drive(300), report(START + 330 * SECOND, 10.2), report(START + 360 * SECOND, 10.2)]
    assert kinds(verdict(heard, clock=START + 25 * MINUTE)) == ["signal_loss"]


@pytest.mark.parametrize(
    ("km", "card", "severity"), [(0.2, "officer", ""), (0.2, "x", "warning"), (20, "x", "critical")]
)
def test_an_opening_is_judged_by_place_and_card(km: float, card: str, severity: str) -> None:
    reports = [
        report(START, km),
        report(START + 30 * SECOND, km, lock="unlocked", card=card),
        report(START + 60 * SECOND, km),
    ]
    alerts = verdict(reports)
    assert [alert["severity"] for alert in alerts] == ([severity] if severity else [])
    for alert in alerts:
        assert (alert["start"], alert["end"]) == (START + 30 * SECOND, START + 60 * SECOND)


def test_an_opening_without_a_fix_waits_for_the_next_one() -> None:
    before = [report(START, 0.2), report(START + 30 * SECOND, lock="unlocked"), report(START + 60 * SECOND)]
    assert verdict(before) == []
    waited = verdict(before, clock=START + 30 * SECOND + 10 * MINUTE)
    assert kinds(waited) == ["seal_open"]
    assert waited[0]["evidence"] == {"last_fix_at": START, "never_locked": False, "opening_no": 1, "moved_m": 0.0}
    assert verdict([*before, report(START + 90 * SECOND, 0.3)]) == []
    (alert,) = verdict([*before, report(START + 90 * SECOND, 2.5, lock=None)])
    assert (alert["start"], alert["detected_at"]) == (START + 30 * SECOND, START + 90 * SECOND)
    assert alert["evidence"]["next_fix_at"] == START + 90 * SECOND


def test_tampering_is_an_episode_that_quiet_ends() -> None:
    events = {60: "wrong_password", 120: "rope_cut"}
    reports = [{**r, "events": {events.get((r["time_ms"] - START) // SECOND, "vibration")}} for r in drive(900)]
    (alert,) = verdict(reports)
    assert (alert["kind"], alert["severity"], alert["status"]) == ("seal_tamper", "critical", "closed")
    assert (alert["start"], alert["end"]) == (START + 60 * SECOND, START + 120 * SECOND)
    assert alert["evidence"]["events"] == ["rope_cut", "wrong_password"]


def test_a_silence_stays_but_turns_to_info_when_stored_reports_fill_it() -> None:
    before, after = drive(300), drive(300, 50.0, START + 51 * MINUTE)
    (hole,) = verdict(before + after)
    assert (hole["kind"], hole["severity"], hole["start"]) == ("signal_loss", "warning", START + 5 * MINUTE)
    assert hole["end"] == START + 51 * MINUTE
    assert hole["detected_at"] == START + 15 * MINUTE
    stored = [{**r, "received_ms": START + 52 * MINUTE} for r in drive(2_370, 10.5, START + 330 * SECOND)]
    (filled,) = verdict(before + after + stored)
    assert (filled["severity"], filled["evidence"]["backfilled"]) == ("info", True)


def test_a_wild_fix_is_an_anomaly_and_moves_nothing_else() -> None:
    reports = drive(600)
    reports[10] = report(reports[10]["time_ms"], 10, 80_000)
    (alert,) = verdict(reports)
    assert (alert["kind"], alert["severity"]) == ("position_anomaly", "info")


def test_a_dropped_zero_is_mended() -> None:
    reports = [report(START, 5, lat=21.05), report(START + 30 * SECOND, 5.4, lat=21.5)]
    (alert,) = verdict(reports, fences=Fences({"road": Corridor(((106.0, 21.05), (107.0, 21.05)), 1_000.0)}, {}))
    assert alert["kind"] == "position_anomaly"
    assert alert["lat"] == pytest.approx(21.05)


def test_a_cut_beyond_the_horizon_still_alerts() -> None:
    cut = report(START, 20, lock="cut", received_ms=START + 10 * HOUR)
    alerts = [a for a in verdict([*drive(300, 5, START + 10 * HOUR), cut]) if a["kind"] == "seal_tamper"]
    assert [(a["start"], a["end"], a["evidence"]["late"]) for a in alerts] == [(START, START, True)]


def test_the_clock_closes_what_is_open_at_the_shipments_end() -> None:
    trip = replace(TRIP, closed_at=START + 15 * MINUTE)
    reports = [*drive(300), report(START + 330 * SECOND, 10.6, lock="unlocked")]
    alerts = verdict(reports, trip=trip, clock=START + HOUR)
    assert [(a["kind"], a["end"]) for a in alerts] == [("seal_open", START + 15 * MINUTE + 1)]


def test_a_copy_is_no_report_of_its_own_but_was_heard() -> None:
    go_on = drive(300, 10.7, START + 26 * MINUTE)
    reports = [*stop(20, 7), *go_on, report(START + 32 * MINUTE, 16, events={"rope_cut"})]
    shuffled = reports + [{**r, "received_ms": r["received_ms"] + HOUR} for r in reports]
    random.Random(2).shuffle(shuffled)
    clock = START + 2 * HOUR
    once = [alert for alert in verdict(reports, clock=clock) if alert["kind"] != "signal_loss"]
    twice = verdict(shuffled, clock=clock)
    assert [alert for alert in twice if alert["kind"] != "signal_loss"] == once
    silences = [alert["start"] for alert in twice if alert["kind"] == "signal_loss"]
    last = max(report["time_ms"] for report in reports)
    assert silences == [last, last + HOUR]
