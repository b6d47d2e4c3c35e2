"""The demo in the console: what an analyst sees first."""

from __future__ import annotations

from sealtrack.console.intake.files import fill, read_files
from sealtrack.settings import Console
from tests.console.people import DEMO, People


def test_the_queue_shows_the_guilty_the_highest_score_first(people: People) -> None:
    found = people("viewer").get("/incidents")
    scores = [item["score"] for item in found["items"]]
    assert found["total"] == len(scores)
    assert scores == sorted(scores, reverse=True)
    guilty = {f"TQ26-{number:04}" for number in (3, 6, 8, 11, 14, 17, 20, 23)}
    assert guilty <= {item["shipment_id"] for item in found["items"]}
    [top] = [item for item in found["items"] if item["shipment_id"] == "TQ26-0006"]
    assert top["score"] == scores[0]
    assert {"route_deviation", "unauthorised_stop", "seal_open"} <= set(top["kinds"])
    assert top["status"] == "new"
    assert top["carrier"]


def test_an_incident_says_why(people: People) -> None:
    viewer = people("viewer")
    [top] = viewer.get("/incidents", q="TQ26-0006")["items"]
    found = viewer.get(f"/incidents/{top['incident_id']}")
    assert min(sum(reason["points"] for reason in found["reasons"]), 100) == top["score"]
    assert found["shipment"]["declaration_no"]
    assert {alert["kind"] for alert in found["alerts"]} == set(top["kinds"])
    versions = found["alerts"][0]["versions"]
    assert [one["version"] for one in versions] == list(range(1, len(versions) + 1))
    assert versions[0]["changed"] == []
    assert all(one["changed"] for one in versions[1:])
    another = found["alerts"][-1]["alert_id"]
    assert viewer.get(f"/incidents/{another}")["incident_id"] == top["incident_id"]


def test_the_track_has_columns_of_one_length_and_names_where_each_report_was_read(people: People) -> None:
    viewer = people("viewer")
    [top] = viewer.get("/incidents", q="TQ26-0006")["items"]
    found = viewer.get(f"/incidents/{top['incident_id']}/track", margin_s=600)
    columns = found["columns"]
    assert len({len(column) for column in columns.values()}) == 1
    assert columns["time_ms"] == sorted(columns["time_ms"])
    assert found["topic"] == "feed.csv.gz"
    assert max(value for value in columns["off_route_m"] if value is not None) > 2_000
    assert {"locked", "unlocked"} <= set(columns["lock"])
    assert [route["id"] for route in found["routes"] if route["used"]] == ["haiphong-huunghi"]


def test_a_silence_leaves_an_area_where_the_truck_can_have_been(people: People) -> None:
    viewer = people("viewer")
    [silent] = viewer.get("/incidents", q="TQ26-0017", kind="signal_loss")["items"]
    gaps = viewer.get(f"/incidents/{silent['incident_id']}/track")["gaps"]
    assert gaps
    assert all(gap["radius_m"] > 1_000 and len(gap["ends"]) == 2 for gap in gaps)


def test_the_live_map_tells_how_old_each_position_is(people: People) -> None:
    found = people("viewer").get("/live")
    assert found["columns"][:3] == ["seal_id", "shipment_id", "lat"]
    rows = {row[1]: dict(zip(found["columns"], row, strict=True)) for row in found["seals"]}
    assert rows["TQ26-0020"]["score"] > 0
    assert rows["TQ26-0020"]["age_s"] >= 0
    assert rows["TQ26-0020"]["eta_ms"] > rows["TQ26-0020"]["time_ms"]
    assert "TQ26-0001" not in rows, "released long before the end of the feed"


def test_filling_a_second_time_changes_nothing(people: People) -> None:
    viewer = people("viewer")
    before = viewer.get("/incidents", status="all", size=200)
    judged, catalogue, policies, _ = read_files(DEMO, lambda *_: None)
    fill(people.store, judged, catalogue, policies, DEMO, Console())
    assert viewer.get("/incidents", status="all", size=200) == before


def test_the_track_of_a_whole_trip_holds_that_of_its_incident(people: People) -> None:
    viewer = people("viewer")
    whole = viewer.get("/shipments/TQ26-0006/track")["columns"]["time_ms"]
    [incident] = viewer.get("/shipments/TQ26-0006")["incidents"]
    part = viewer.get(f"/incidents/{incident['incident_id']}/track", margin_s=0)["columns"]["time_ms"]
    assert set(part) < set(whole)
    stranger = people("viewer", "stranger", ("Đội khác",))
    assert stranger.ask("GET", "/shipments/TQ26-0006/track").status_code == 404
