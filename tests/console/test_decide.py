"""Decisions: what they do to an incident, and what is written down of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text, update
from typer.testing import CliRunner

from sealtrack.cli.main import app
from sealtrack.console import audit
from sealtrack.console.chores import tick
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import open_desk
from sealtrack.console.intake.alerts import take_alerts
from sealtrack.console.store import Store
from sealtrack.console.store.alerts import standing
from sealtrack.console.store.tables.judged import incidents
from sealtrack.schema import Alert, Status
from sealtrack.settings import Console
from tests.console.people import Caller, People

SHIPMENT = "TQ26-0006"


def incident_of(caller: Caller, shipment_id: str = SHIPMENT) -> str:
    """The id of the shipment's only incident."""
    [found] = caller.get("/incidents", shipment=shipment_id, status="all")["items"]
    return str(found["incident_id"])


def test_the_whole_way_from_new_to_closed(people: People) -> None:
    analyst, other = people("analyst", "an"), people("analyst", "other")
    path = f"/incidents/{incident_of(analyst)}"
    assert analyst.post(f"{path}/acknowledge")["status"] == "acknowledged"
    assigned = analyst.post(f"{path}/assign", {"unit": "Đội 2", "officer": "other"})
    assert (assigned["status"], assigned["assigned_unit"], assigned["assigned_to"]) == ("assigned", "Đội 2", "other")
    analyst.post(f"{path}/note", {"text": "Đã gọi lái xe."})
    found = other.post(f"{path}/verdict", {"verdict": "confirmed", "reason": "smuggling"})
    assert (found["verdict"], found["verdict_reason"]) == ("confirmed", "smuggling")
    asked = other.post(f"{path}/close", {"text": "handed over"})
    assert (asked["status"], asked["closing_by"]) == ("assigned", "other")
    other.post(f"{path}/close", status=409)
    closed = analyst.post(f"{path}/close")
    assert closed["status"] == "closed"
    assert [one["action"] for one in closed["decisions"]] == [
        "acknowledge", "assign", "note", "verdict", "close_asked", "close",
    ]  # fmt: skip
    assert closed["decisions"][2]["text"] == "Đã gọi lái xe."
    queue = {item["shipment_id"] for item in analyst.get("/incidents")["items"]}
    assert SHIPMENT not in queue
    analyst.post(f"{path}/acknowledge", status=409)


def test_a_wrong_step_is_refused_and_leaves_no_trace(people: People) -> None:
    analyst = people("analyst")
    path = f"/incidents/{incident_of(analyst)}"
    analyst.post(f"{path}/close", status=409)
    analyst.post(f"{path}/verdict", {"verdict": "confirmed", "reason": "congestion"}, status=422)
    analyst.post(f"{path}/verdict", {"verdict": "guilty", "reason": "other"}, status=422)
    analyst.post(f"{path}/assign", {}, status=422)
    analyst.post(f"{path}/assign", {"officer": "nobody"}, status=422)
    analyst.post(f"{path}/note", {"text": ""}, status=422)
    analyst.post(f"{path}/note", {"text": "x", "user": "somebody else"}, status=422)
    found = analyst.get(path)
    assert found["decisions"] == []
    assert found["status"] == "new"


def test_policy_says_who_must_close_with_four_eyes(make_people: Callable[[Console], People]) -> None:
    people = make_people(Console(four_eyes="never"))
    analyst = people("analyst")
    path = f"/incidents/{incident_of(analyst)}"
    analyst.post(f"{path}/verdict", {"verdict": "explained", "reason": "breakdown"})
    assert analyst.post(f"{path}/close")["status"] == "closed"
    supervisor = people("supervisor")
    analyst.post(f"{path}/reopen", status=403)
    assert supervisor.post(f"{path}/reopen")["status"] == "acknowledged"


def test_a_response_time_that_passes_escalates_to_the_heads_of_the_unit(people: People) -> None:
    analyst = people("analyst")
    unit = analyst.get(f"/incidents/{incident_of(analyst)}")["unit"]
    people("supervisor", "head", (unit,))
    people("supervisor", "elsewhere", ("Đội khác",))
    acknowledged = incident_of(analyst, "TQ26-0003")
    analyst.post(f"/incidents/{acknowledged}/acknowledge")
    desk = open_desk(Console(), people.store)
    tick(desk, now_ms())
    assert analyst.get(f"/incidents/{incident_of(analyst)}")["status"] == "new"
    for _ in range(2):
        tick(desk, now_ms() + 16 * 60_000)
    found = analyst.get(f"/incidents/{incident_of(analyst)}")
    assert found["status"] == "escalated"
    [decision] = found["decisions"]
    assert (decision["user"], decision["reason"]) == ("", "response_time")
    assert "head" in decision["officer"].split(", ")
    assert "elsewhere" not in decision["officer"]
    assert analyst.get(f"/incidents/{acknowledged}")["status"] == "acknowledged"


def test_a_suppression_takes_out_of_the_queue_until_its_end(people: People) -> None:
    supervisor = people("supervisor")
    number = incident_of(supervisor)
    until = "2999-01-01T00:00:00Z"
    body = {"shipment_id": SHIPMENT, "until": until, "reason": "known"}
    supervisor.post("/suppressions", body, status=422)
    day = {"until": _in_days(1), "reason": "known works on the road"}
    made = supervisor.post("/suppressions", {"shipment_id": SHIPMENT, **day}, status=201)
    assert made["owner"] == "supervisor"
    assert supervisor.get(f"/incidents/{number}")["status"] == "suppressed"
    assert supervisor.get("/incidents", status="suppressed")["total"] == 1
    queue = {item["shipment_id"] for item in supervisor.get("/incidents")["items"]}
    assert SHIPMENT not in queue
    tick(open_desk(Console(), people.store), now_ms() + 2 * 86_400_000)
    assert supervisor.get(f"/incidents/{number}")["suppressed"] is False
    again = supervisor.post("/suppressions", {"zone": "port-dinhvu", **day}, status=201)
    assert supervisor.ask("DELETE", f"/suppressions/{again['id']}").json()["ended_at"]
    supervisor.post("/suppressions", {"zone": "nowhere", **day}, status=422)
    supervisor.post("/suppressions", {"zone": "port-dinhvu", "seal_id": "1", **day}, status=422)


def test_a_suppressed_kind_hides_no_other_kind(people: People) -> None:
    supervisor = people("supervisor")
    body = {"shipment_id": SHIPMENT, "kind": "route_deviation", "until": _in_days(1), "reason": "detour"}
    supervisor.post("/suppressions", body, status=201)
    found = supervisor.get(f"/incidents/{incident_of(supervisor)}")
    assert "seal_open" in found["kinds"]
    assert found["status"] == "new"


def test_decisions_stay_with_an_incident_that_late_evidence_renames(people: People) -> None:
    analyst = people("analyst")
    before = incident_of(analyst)
    analyst.post(f"/incidents/{before}/note", {"text": "watch this one"})
    first = _alerts(people.store)[0]
    _take(people.store, [replace(first, alert_id="0" * 16, start=first.start - 60_000, version=1)])
    after = incident_of(analyst)
    assert after == "0" * 16
    assert [one["text"] for one in analyst.get(f"/incidents/{after}")["decisions"]] == ["watch this one"]
    assert analyst.get(f"/incidents/{before}")["incident_id"] == after, "the old address still leads there"


def test_an_incident_whose_alerts_are_all_retracted_is_withdrawn_and_comes_back(people: People) -> None:
    analyst = people("analyst")
    name = incident_of(analyst)
    alerts = _alerts(people.store)
    _take(people.store, [replace(one, version=one.version + 1, status=Status.retracted) for one in alerts])
    assert analyst.get(f"/incidents/{name}")["status"] == "withdrawn"
    assert analyst.get("/incidents", shipment=SHIPMENT)["total"] == 0
    _take(people.store, [replace(one, version=one.version + 2) for one in alerts])
    assert analyst.get(f"/incidents/{name}")["status"] == "new"


def test_graver_evidence_opens_a_closed_incident_again(make_people: Callable[[Console], People]) -> None:
    people = make_people(Console(four_eyes="never"))
    analyst = people("analyst")
    name = incident_of(analyst, "TQ26-0003")
    analyst.post(f"/incidents/{name}/verdict", {"verdict": "explained", "reason": "road_closed"})
    analyst.post(f"/incidents/{name}/close")
    [alert] = _alerts(people.store, "TQ26-0003")
    _take(people.store, [replace(alert, version=alert.version + 1)])
    assert analyst.get(f"/incidents/{name}")["status"] == "closed", "no news"
    _take(people.store, [replace(alert, alert_id="f" * 16, kind="seal_open", start=alert.start + 60_000, version=1)])
    found = analyst.get(f"/incidents/{name}")
    assert (found["status"], found["decisions"][-1]["reason"]) == ("new", "new_evidence")


def test_every_decision_stands_in_the_audit_log(people: People) -> None:
    analyst, supervisor = people("analyst"), people("supervisor")
    name = incident_of(analyst)
    analyst.post(f"/incidents/{name}/acknowledge")
    analyst.post(f"/incidents/{name}/verdict", {"verdict": "false", "reason": "device_fault", "text": "seal broken"})
    found = supervisor.get("/audit", subject=f"incident:{name}")
    assert [(one["user"], one["action"]) for one in found["items"]] == [
        ("analyst", "verdict"),
        ("analyst", "acknowledge"),
    ]
    assert "seal broken" in found["items"][0]["detail"]
    assert supervisor.get("/audit/verify")["fault"] == ""
    people("supervisor", "bound", ("Đội 2",)).ask("GET", "/audit")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE audit SET detail = '{}' WHERE seq = 2", "entry 2 was changed"),
        ("DELETE FROM audit WHERE seq = 2", "entry 2 is missing"),
        ("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", "the log ends at entry"),
    ],
)
def test_audit_verify_tells_where_the_log_was_changed(people: People, statement: str, told: str) -> None:
    analyst = people("analyst")
    analyst.post(f"/incidents/{incident_of(analyst)}/note", {"text": "a"})
    analyst.post(f"/incidents/{incident_of(analyst)}/note", {"text": "b"})
    command = ["audit", "verify", "--store", str(people.store.engine.url.database)]
    good = CliRunner().invoke(app, command)
    assert good.exit_code == 0
    head = good.stdout.split()[-1]
    assert CliRunner().invoke(app, [*command, "--head", head]).exit_code == 0
    assert CliRunner().invoke(app, [*command, "--head", "0" * 64]).exit_code == 1
    with people.store.writing() as connection:  # who holds the file can drop what guards it
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(text(statement))
    broken = CliRunner().invoke(app, command)
    assert broken.exit_code == 1
    assert told in broken.stderr


def test_audit_verify_of_no_store_is_a_usage_error(tmp_path: object) -> None:
    done = CliRunner().invoke(app, ["audit", "verify", "--store", f"{tmp_path}/none.db"])
    assert done.exit_code == 2
    assert "no such store" in done.stderr


def test_the_audit_log_knows_its_own_words(store: Store) -> None:
    with store.writing() as connection:
        entry = audit.append(connection, 1, "u", "note", "s", {"text": "Đèo \u2028 \" ' ="})
        connection.execute(update(incidents).values(updated_ms=1))
    with store.reading() as connection:
        assert audit.verify(connection).head == entry["hash"]


def _alerts(store: Store, shipment_id: str = SHIPMENT) -> list[Alert]:
    with store.reading() as connection:
        return [one for one in standing(connection, [shipment_id])[shipment_id] if one.severity != "info"]


def _take(store: Store, alerts: list[Alert]) -> None:
    with store.writing() as connection:
        take_alerts(connection, alerts, Console(), now_ms())


def _in_days(days: int) -> str:
    from sealtrack.console.times import shown

    return str(shown(now_ms() + days * 86_400_000))
