"""What stands against a shipment: incidents, the score and its reasons, the live record."""

from __future__ import annotations

import random
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.engine.flags import Flags
from sealtrack.engine.incidents import CAUSE_MS, CAUSES, TOUCH_MS, incidents
from sealtrack.engine.score import ACT_POINTS, WHAT, reasons, score
from sealtrack.io.messages import flag_message
from sealtrack.schema import Alert, FlagRecord, IncidentRecord, Kind, ReasonRecord, Severity, Status, fields

MINUTE = 60_000
T0 = 1_772_600_400_000
_ids = count()


def alert(kind: str, start: int, end: int | None, severity: str = "warning", **said: Any) -> Alert:
    """From minute `start` to minute `end`; None = open."""
    return Alert(
        alert_id=f"a{next(_ids):06d}",
        version=1,
        kind=kind,
        status=Status.open if end is None else Status.closed,
        severity=severity,
        shipment_id="S1",
        seal_id="seal",
        start=T0 + start * MINUTE,
        end=None if end is None else T0 + end * MINUTE,
        lat=None,
        lon=None,
        evidence=said,
        detected_at=T0 + start * MINUTE,
    )


def kinds(groups: list[list[Alert]]) -> list[list[str]]:
    return [[one.kind for one in group] for group in groups]


ALERTS = st.lists(
    st.builds(
        lambda kind, start, length, severity: alert(kind, start, None if length is None else start + length, severity),
        st.sampled_from(list(Kind)),
        st.integers(0, 900),
        st.sampled_from([None, 0, 5, 40, 200]),
        st.sampled_from(list(Severity)),
    ),
    max_size=12,
)


@pytest.mark.parametrize(("gap", "groups"), [(30, 1), (31, 2)])
def test_alerts_that_touch_in_time_are_one_incident(gap: int, groups: int) -> None:
    found = incidents([alert("speeding", 0, 10), alert("overdue", 10 + gap, 12 + gap)])
    assert len(found) == groups


@pytest.mark.parametrize(
    ("act", "later", "gap_min", "groups"),
    [
        ("seal_tamper", "route_deviation", 180, 1),
        ("seal_tamper", "route_deviation", 181, 2),
        ("signal_loss", "rendezvous", 120, 1),
        ("route_deviation", "seal_tamper", 120, 2),  # what comes before its cause is no effect of it
        ("seal_tamper", "overdue", 120, 2),
        ("speeding", "seal_open", 120, 2),
        ("position_anomaly", "separation", 120, 1),
    ],
)
def test_an_act_that_prepares_another_is_of_one_incident_with_it(
    act: str, later: str, gap_min: int, groups: int
) -> None:
    found = incidents([alert(act, 0, 10), alert(later, 10 + gap_min, None)])
    assert len(found) == groups


def test_an_anomaly_of_weight_info_prepares_nothing() -> None:
    assert len(incidents([alert("position_anomaly", 0, 10, "info"), alert("seal_open", 100, 110)])) == 2


def test_what_lies_between_cause_and_effect_is_no_part_of_it() -> None:
    tamper, fast, off = alert("seal_tamper", 0, 10), alert("speeding", 60, 62), alert("route_deviation", 130, 140)
    assert kinds(incidents([off, fast, tamper])) == [["seal_tamper", "route_deviation"], ["speeding"]]


def test_a_chain_of_causes_is_one_incident() -> None:
    chain = [alert("jamming", 0, 10), alert("seal_open", 150, 160), alert("rendezvous", 300, 310)]
    assert len(incidents(chain)) == 1


@given(alerts=ALERTS, dice=st.randoms(use_true_random=False))
def test_incidents_are_the_transitive_closure_of_touching_and_causing(alerts: list[Alert], dice: random.Random) -> None:
    shuffled = list(alerts)
    dice.shuffle(shuffled)
    found = [{one.alert_id for one in group} for group in incidents(shuffled)]
    assert sorted(map(sorted, found)) == sorted(map(sorted, _closure(alerts)))


def _closure(alerts: list[Alert]) -> list[set[str]]:
    """The same, the slow obvious way."""
    groups = [{one.alert_id} for one in alerts]
    for a in alerts:
        for b in alerts:
            if _belong(a, b):
                mine = [group for group in groups if group & {a.alert_id, b.alert_id}]
                groups = [group for group in groups if group not in mine] + [set().union(*mine)]
    return groups


def _belong(a: Alert, b: Alert) -> bool:
    end = a.end if a.end is not None else T0 * 2
    if a.start <= b.start <= end + TOUCH_MS:
        return True
    weighs = a.severity != "info" or a.kind != "position_anomaly"
    causes = a.kind in CAUSES and b.kind in CAUSES[Kind(a.kind)].effects and weighs
    return causes and a.start <= b.start <= end + CAUSE_MS


@given(alerts=ALERTS.filter(bool))
def test_the_points_of_the_reasons_add_up_to_the_score(alerts: list[Alert]) -> None:
    for incident in incidents(alerts):
        told = reasons(incident)
        assert sum(reason.points for reason in told) == score(incident)
        assert 0 <= score(incident) <= 100
        for reason in told:
            said = sum(int(word.strip(",")) for word in reason.text.split() if word[0] in "+-")
            assert said == reason.points, reason.text


def test_every_kind_has_points_and_words() -> None:
    assert set(ACT_POINTS) == set(WHAT) == set(Kind)


def test_a_reason_says_what_happened_and_why_it_weighs() -> None:
    (told,) = reasons([alert("seal_open", 0, 5, "critical")])
    text = "seal opened outside the permitted zones, 2026-03-04 05:00 UTC: critical +50, an act +30"
    assert (told.text, told.points) == (text, 80)
    (told,) = reasons([alert("seal_open", 0, 5, "warning")])
    assert told.text.startswith("seal opened at a permitted place, by a card that may not, ")
    (told,) = reasons([alert("overdue", 0, None, "warning", predicted_arrival="2026-03-04T09:00:00.000Z")])
    assert told.text.startswith("cannot be at its destination in time, ")
    assert told.text.endswith(": warning +20")


def test_a_kind_counts_once_at_its_gravest_and_repeated_openings_more() -> None:
    told = reasons([alert("seal_open", 0, 5), alert("seal_open", 9, 12, "critical"), alert("seal_open", 20, 21)])
    assert [reason.points for reason in told] == [80, 10]
    assert "05:09 UTC (the worst of 3)" in told[0].text
    assert told[1].text == "seal opened 3 times: +10"


@pytest.mark.parametrize(("order", "points"), [((0, 20, 40), 20), ((0, 40, 20), 0), ((20, 0, 40), 0)])
def test_probing_is_an_order_of_things(order: tuple[int, int, int], points: int) -> None:
    tamper, stop, off = order
    alerts = [alert("seal_tamper", tamper, tamper), alert("unauthorised_stop", stop, stop + 9)]
    told = reasons([*alerts, alert("route_deviation", off, off + 9)])
    assert sum(reason.points for reason in told if reason.text.startswith("probing: ")) == points


def test_the_limit_is_shown() -> None:
    told = reasons([alert("seal_open", 0, 5, "critical"), alert("seal_tamper", 0, 5, "critical")])
    assert [reason.points for reason in told] == [80, 80, -60]
    assert told[-1].text == "a score ends at 100: -60"


def test_the_record_tells_the_gravest_incident_and_how_many_there_are() -> None:
    flags = Flags()
    tamper, off = alert("seal_tamper", 0, 1, "critical"), alert("route_deviation", 60, 90)
    later, noise = alert("speeding", 600, None), alert("low_battery", 20, 30, "info")
    flags.note([later, noise, off, tamper])
    record = flags.record("S1")
    assert (record["flagged"], record["score"], record["severity"]) == (True, 100, "critical")
    assert (record["incidents"], record["alerts"]) == (2, 3)
    assert record["incident"] == {
        "incident_id": tamper.alert_id,
        "start": "2026-03-04T05:00:00.000Z",
        "end": "2026-03-04T06:30:00.000Z",
        "open": False,
        "severity": "critical",
        "alert_ids": [tamper.alert_id, off.alert_id],
    }
    assert (record["late_reports"], record["readjudicate"]) == (0, False)


def test_an_id_that_was_kept_finds_its_incident_when_late_evidence_comes_before_it() -> None:
    flags = Flags()
    off = alert("route_deviation", 60, 90)
    flags.note([off])
    kept = flags.record("S1")["incident"]["incident_id"]
    tamper = alert("seal_tamper", 0, 1)
    flags.note([tamper])
    incident = flags.record("S1")["incident"]
    assert incident["incident_id"] == tamper.alert_id
    assert kept in incident["alert_ids"]


def test_a_retracted_alert_stands_against_nobody() -> None:
    flags = Flags()
    off = alert("route_deviation", 60, 90)
    flags.note([off])
    flags.note([Alert(**{item.name: getattr(off, item.name) for item in fields(Alert)} | {"status": "retracted"})])
    assert flags.record("S1") == {"shipment_id": "S1", "flagged": False, "late_reports": 0, "readjudicate": False}
    assert flag_message("t", flags.record("S1")).value is None


def test_reports_beyond_the_horizon_are_a_reason_without_points() -> None:
    flags = Flags()
    record = flags.record("S1", 14, 7 * 60 * MINUTE + 1)
    assert (record["flagged"], record["readjudicate"], record["late_reports"], record["score"]) == (False, True, 14, 0)
    (reason,) = record["reasons"]
    assert reason["points"] == 0
    assert "14 reports came after the horizon" in reason["text"]
    assert "horizon_s = 28800" in reason["text"]
    assert flag_message("t", record).value is not None
    flags.note([alert("speeding", 0, 5)])
    assert [reason["points"] for reason in flags.record("S1", 1, 1)["reasons"]] == [20, 0]


def test_the_record_has_the_declared_fields() -> None:
    flags = Flags()
    flags.note([alert("seal_open", 0, 5, "critical"), alert("seal_open", 60, None, "critical")])
    record = flags.record("S1", 1, 1)
    assert list(record) == [field.name for field in fields(FlagRecord)]
    assert list(record["incident"]) == [field.name for field in fields(IncidentRecord)]
    names = {name for reason in record["reasons"] for name in reason}
    assert names == {field.name for field in fields(ReasonRecord)}
    assert {"points", "text"} <= set(record["reasons"][-1])
