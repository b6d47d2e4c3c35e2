"""The duty room: figures, seals that need care, queues, the hand-over, tables for other programs."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, select, update

from sealtrack.console.chores import keep_house
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import open_desk
from sealtrack.console.devices import measure, renew
from sealtrack.console.intake.reports import clock_ms, note_clock
from sealtrack.console.store.tables.heard import reports, seals
from sealtrack.console.store.tables.judged import incidents
from sealtrack.settings import Console
from tests.console.people import Caller, People

SHIPMENT = "TQ26-0006"


def decide(caller: Caller, shipment_id: str, verdict: str, reason: str = "other") -> None:
    name = caller.get("/incidents", shipment=shipment_id)["items"][0]["incident_id"]
    caller.post(f"/incidents/{name}/verdict", {"verdict": verdict, "reason": reason, "text": f"about {shipment_id}"})


def test_verdicts_make_precision_by_rule_route_and_unit(people: People) -> None:
    analyst = people("analyst")
    decide(analyst, "TQ26-0003", "explained")
    decide(analyst, SHIPMENT, "confirmed")
    decide(analyst, "TQ26-0008", "false")
    rules = {item["name"]: item for item in analyst.get("/statistics", by="rule")["items"]}
    assert (rules["route_deviation"]["confirmed"], rules["route_deviation"]["explained"]) == (1, 1)
    assert rules["route_deviation"]["precision_pct"] == 100.0
    assert rules["unauthorised_stop"]["precision_pct"] == 50.0
    assert rules["speeding"]["precision_pct"] is None
    for by in ("route", "unit"):
        [item] = [one for one in analyst.get("/statistics", by=by)["items"] if one["incidents"]]
        assert (item["trips"], item["precision_pct"], item["offences_pct"]) == (24, 66.7, 33.3)
        assert item["alerts_per_100_trips"] == round(100 * item["alerts"] / 24, 1)
    total = analyst.get("/statistics")["total"]
    assert (total["answered"], total["trips"]) == (3, 24)
    assert total["response_median_s"] >= 0


@pytest.mark.parametrize("by", ["carrier", "seal", "card", "officer"])
def test_statistics_by_whoever_can_be_asked(people: People, by: str) -> None:
    analyst = people("analyst")
    decide(analyst, SHIPMENT, "confirmed")
    found = analyst.get("/statistics", by=by)["items"]
    names = {item["name"]: item for item in found if item["confirmed"]}
    assert {"carrier": 1, "seal": 1, "card": 2, "officer": 1}[by] == len(names)
    assert by != "officer" or "analyst" in names


def test_statistics_of_a_time_without_trips_are_empty(people: People) -> None:
    found = people("viewer").get("/statistics", **{"from": "2030-01-01T00:00:00Z"})
    assert (found["items"], found["places"], found["total"]["alerts_per_100_trips"]) == ([], [], None)


def test_a_place_that_several_seals_use_is_found(people: People) -> None:
    analyst = people("analyst")
    with people.store.writing() as connection:
        from sealtrack.console.store.tables.judged import alerts

        stops = alerts.c.kind == "unauthorised_stop"
        connection.execute(update(alerts).where(stops).values(lat=21.5, lon=106.5))
    place = analyst.get("/statistics")["places"][0]
    assert (round(place["lat"], 3), round(place["lon"], 3)) == (21.5, 106.5)
    assert place["seals"] >= 3
    assert SHIPMENT in place["shipments"]


def test_a_seal_in_need_of_care_gets_an_owner_until_it_is_mended(people: People) -> None:
    with people.store.writing() as connection:
        connection.execute(update(seals).where(seals.c.seal_id == "7900000001").values(battery_pct=12.0))
        renew(connection, measure(connection))
        renew(connection, measure(connection))
    analyst = people("analyst")
    device = next(one for one in analyst.get("/devices")["items"] if one["seal_id"] == "7900000001")
    assert "low_battery" in device["faults"]
    [work] = [one for one in device["tasks"] if one["fault"] == "low_battery"]
    assert (work["owner"], work["days_open"]) == (None, 0)
    path = f"/devices/7900000001/tasks/{work['id']}"
    assert analyst.post(path, {"owner": "analyst", "text": "charging"})["owner"] == "analyst"
    analyst.post(path, {"owner": "nobody"}, status=422)
    analyst.post("/devices/7900000002/tasks/{}".format(work["id"]), {"done": True}, status=404)
    with people.store.writing() as connection:
        connection.execute(update(seals).where(seals.c.seal_id == "7900000001").values(battery_pct=90.0))
        renew(connection, measure(connection))
    after = next(one for one in analyst.get("/devices")["items"] if one["seal_id"] == "7900000001")
    assert [one["text"] for one in after["tasks"]] == ["charging"], "who took it on says when it is done"
    analyst.post(path, {"done": True})
    assert next(one for one in analyst.get("/devices")["items"] if one["seal_id"] == "7900000001")["tasks"] == []


def test_fix_quality_and_silence_are_told(people: People) -> None:
    devices = {one["seal_id"]: one for one in people("viewer").get("/devices")["items"]}
    assert len(devices) == 24
    assert all(0 < one["fix_pct"] <= 100 and one["reports_7d"] > 0 for one in devices.values())
    assert devices["7900000017"]["fix_pct"] < 100


def test_fix_quality_is_answered_from_the_last_count(people: People) -> None:
    with people.store.writing() as connection:
        connection.execute(delete(reports))
    viewer = people("viewer")
    assert all(one["reports_7d"] > 0 for one in viewer.get("/devices")["items"])
    keep_house(open_desk(Console(), people.store), now_ms())
    assert all(one["reports_7d"] == 0 for one in viewer.get("/devices")["items"])


def test_the_gate_has_visits_and_how_long_they_lasted(people: People) -> None:
    found = {item["zone_id"]: item for item in people("viewer").get("/congestion")["items"]}
    gate = found["gate-huunghi"]
    assert gate["visits"] >= 10
    assert 0 < gate["dwell_median_s"] <= gate["dwell_longest_s"] < 86_400
    assert found["port-dinhvu"]["queue"] <= found["port-dinhvu"]["inside"]


def test_the_hand_over_tells_what_came_what_was_done_and_what_waits(people: People) -> None:
    analyst, other = people("analyst"), people("analyst", "other")
    decide(analyst, SHIPMENT, "confirmed")
    name = other.get("/incidents", shipment="TQ26-0003")["items"][0]["incident_id"]
    other.post(f"/incidents/{name}/escalate", {"text": "call the head"})
    found = analyst.get("/handover")
    assert found["came"]["total"] == len(found["open"])
    assert found["verdicts"] == {"confirmed": 1}
    assert found["by_user"] == {"analyst": 1, "other": 1}
    assert [one["incident_id"] for one in found["escalated"]] == [name]
    assert {one["text"] for one in found["notes"]} == {f"about {SHIPMENT}", "call the head"}
    empty = analyst.get("/handover", **{"from": "2020-01-01T00:00:00Z", "to": "2020-01-01T08:00:00Z"})
    assert (empty["came"]["total"], empty["notes"]) == (0, [])
    assert empty["open"] == found["open"], "what waits, waits now"


FORMULAS = [
    "=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\r=1", "\n=1", "'=1", " =1", "\u00a0@x", "|cmd", "\uff1d1", "\uff0b1",
    "\uff0d1", "\uff20x",
]  # fmt: skip


@pytest.mark.parametrize("evil", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(people: People, evil: str) -> None:
    with people.store.writing() as connection:
        connection.execute(update(incidents).values(carrier=evil))
    viewer = people("viewer")
    text = viewer.ask("GET", "/exports/incidents.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["carrier"].replace("\r'=", "\r=").replace("\n'=", "\n=") for row in rows} == {"'" + evil}
    book = load_workbook(io.BytesIO(viewer.ask("GET", "/exports/incidents.xlsx").content))
    sheet = book.active
    assert sheet is not None
    header = [cell.value for cell in sheet[1]]
    cells = [row[header.index("carrier")] for row in sheet.iter_rows(min_row=2)]
    assert all(cell.data_type == "s" and str(cell.value).startswith("'") for cell in cells)


@pytest.mark.parametrize("evil", ["a;=1", "a;  =1", 'a";=1', "a\t+1", "a\n@x", "a;\uff1d1"])
def test_no_part_of_a_cell_is_a_formula_where_the_separator_is_another(people: People, evil: str) -> None:
    with people.store.writing() as connection:
        connection.execute(update(incidents).values(carrier=evil))
    text = people("viewer").ask("GET", "/exports/incidents.csv").content.decode("utf-8-sig")
    for part in re.split(r"[;\t\r\n]", text):
        assert not part.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))


def test_exports_hold_what_the_queue_shows(people: People) -> None:
    viewer = people("viewer")
    shown = viewer.get("/incidents", kind="seal_open")["items"]
    answer = viewer.ask("GET", "/exports/incidents.csv", kind="seal_open")
    assert answer.headers["content-disposition"] == 'attachment; filename="incidents.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["incident_id"] for row in rows] == [item["incident_id"] for item in shown]
    assert rows[0]["kinds"] == ";".join(shown[0]["kinds"])
    features = json.loads(viewer.ask("GET", "/exports/incidents.geojson", kind="seal_open").content)["features"]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [shown[0]["lon"], shown[0]["lat"]]}
    for table in ("statistics", "devices"):
        for form in ("csv", "xlsx", "geojson"):
            assert viewer.ask("GET", f"/exports/{table}.{form}").status_code == 200
    assert (
        people("viewer", "stranger", ("Đội khác",)).ask("GET", "/exports/incidents.csv").text.strip("\ufeff\r\n")
        == "empty"
    )


@pytest.mark.parametrize(
    "name", ["users.csv", "incidents.exe", "../../etc/passwd", "%2e%2e%2fsecret.csv", "incidents.csv/x"]
)
def test_an_export_of_anything_else_does_not_exist(people: People, name: str) -> None:
    answer = people("viewer").client.get(f"/api/v1/exports/{name}")
    assert answer.status_code in (404, 422)
    assert "root:" not in answer.text


def test_old_reports_of_quiet_trips_go_and_those_of_incidents_stay(people: People) -> None:
    with people.store.writing() as connection:
        note_clock(connection, clock_ms(connection) + 40 * 86_400_000)
    keep_house(open_desk(Console(), people.store), now_ms())
    with people.store.reading() as connection:
        left = set(connection.scalars(select(reports.c.seal_id).distinct()))
        told = set(connection.scalars(select(incidents.c.seal_id).distinct()))
    assert left == told
    assert len(told) < 24
