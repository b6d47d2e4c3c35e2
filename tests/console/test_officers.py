"""Officers at the same incident, response times and suppressions: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sealtrack.console.access.roles import Role
from sealtrack.console.chores import tick
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import open_desk
from sealtrack.console.intake.alerts import take_alerts
from sealtrack.console.store import Store
from sealtrack.schema import Kind, Severity, Status
from sealtrack.settings import Console
from tests.console.made import alert, fill_store, shipment
from tests.console.people import Caller, People, client_of
from tests.console.test_decide import _in_days

SETTINGS = Console(logins_per_minute=1000)
MINUTE_MS = 60_000
DAY_MS = 86_400_000


@pytest.fixture
def people(empty: Store) -> Iterator[People]:
    """A console with one critical incident, S1, and one warning, S2."""
    fill_store(
        empty, [shipment(1), shipment(2)], [alert(1), alert(2, Kind.speeding, severity=Severity.warning)], SETTINGS
    )
    with client_of(empty, SETTINGS) as client:
        yield People(empty, client)


def incident(caller: Caller, shipment_id: str = "S1") -> dict[str, object]:
    [found] = caller.get("/incidents", shipment=shipment_id, status="all")["items"]
    return dict(caller.get(f"/incidents/{found['incident_id']}"))


def path(caller: Caller, shipment_id: str = "S1") -> str:
    return f"/incidents/{incident(caller, shipment_id)['incident_id']}"


def decide(caller: Caller, where: str, body: object = None, *, seen: object = None) -> tuple[int, str]:
    """Status of the answer, and what it says."""
    headers = {"X-CSRF-Token": caller.csrf} | ({} if seen is None else {"If-Match": f'"{seen}"'})
    answer = caller.client.post(f"/api/v1{where}", json=body or {}, headers=headers)
    return answer.status_code, answer.text


def test_who_decides_on_what_has_changed_meanwhile_is_told(people: People) -> None:
    first, second = people("analyst", "an"), people("analyst", "binh")
    where, seen = path(first), incident(first)["revision"]
    assert decide(first, f"{where}/assign", {"officer": "an"}, seen=seen)[0] == 200
    status, text = decide(second, f"{where}/verdict", {"verdict": "false", "reason": "device_fault"}, seen=seen)
    assert status == 412
    assert "an: assign" in text
    assert incident(second)["verdict"] is None
    again = incident(second)["revision"]
    assert decide(second, f"{where}/verdict", {"verdict": "false", "reason": "other"}, seen=again)[0] == 200


def test_a_note_neither_answers_nor_contradicts(people: People) -> None:
    first, second = people("analyst", "an"), people("analyst", "binh")
    where, seen = path(first), incident(first)["revision"]
    first.post(f"{where}/note", {"text": "I have called the driver"})
    assert decide(second, f"{where}/acknowledge", seen=seen)[0] == 200
    assert first.get("/statistics")["total"]["answered"] == 1
    warning = path(first, "S2")
    first.post(f"{warning}/note", {"text": "watching"})
    assert first.get("/statistics")["total"]["answered"] == 1
    tick(open_desk(SETTINGS, people.store), now_ms() + 61 * MINUTE_MS)
    assert incident(first, "S2")["status"] == "escalated"


def test_of_two_at_the_same_moment_one_is_first(people: People) -> None:
    callers = [people("analyst", f"officer{n}") for n in range(4)]
    where = path(callers[0])
    seen = incident(callers[0])["revision"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda caller: decide(caller, f"{where}/acknowledge", seen=seen)[0], callers))
    assert Counter(answers) == {200: 1, 412: 3}
    assert [one["action"] for one in incident(callers[0])["decisions"]] == ["acknowledge"]  # type: ignore[attr-defined]


def test_it_goes_from_hand_to_hand(people: People) -> None:
    first = people("analyst", "an")
    people.add("binh", Role.analyst, ("Đội 2",))
    where = path(first)
    assert first.post(f"{where}/assign", {"unit": "Đội 2", "officer": "binh"})["assigned_to"] == "binh"
    second = people.log_in("binh")
    assert second.post(f"{where}/assign", {"unit": "Đội 1", "officer": "an"})["assigned_to"] == "an"
    found = first.post(f"{where}/assign", {"unit": "Đội 3"})
    assert (found["assigned_unit"], found["assigned_to"]) == ("Đội 3", None)
    assert [(one["user"], one["unit"]) for one in found["decisions"]] == [
        ("an", "Đội 2"), ("binh", "Đội 1"), ("an", "Đội 3"),
    ]  # fmt: skip
    assert second.ask("GET", where).status_code == 404, "it is no longer theirs"


def test_four_eyes_are_two_people_and_agree_on_one_verdict(people: People) -> None:
    first, second = people("analyst", "an"), people("analyst", "binh")
    where = path(first)
    first.post(f"{where}/verdict", {"verdict": "false", "reason": "device_fault"})
    assert first.post(f"{where}/close")["closing_by"] == "an"
    assert "somebody else" in first.post(f"{where}/close", status=409)["detail"]
    changed = second.post(f"{where}/verdict", {"verdict": "confirmed", "reason": "tampering"})
    assert changed["closing_by"] is None, "nobody closes with a verdict that they have not seen"
    assert second.post(f"{where}/close")["closing_by"] == "binh"
    assert first.post(f"{where}/close")["status"] == "closed"
    single = path(first, "S2")
    first.post(f"{single}/verdict", {"verdict": "explained", "reason": "congestion"})
    assert first.post(f"{single}/close")["status"] == "closed", "a warning needs two eyes"


def test_each_severity_has_its_response_time_and_the_clock_says_when(people: People) -> None:
    analyst, desk, now = people("analyst"), open_desk(SETTINGS, people.store), now_ms()
    tick(desk, now + 14 * MINUTE_MS)
    assert incident(analyst)["status"] == "new"
    tick(desk, now + 16 * MINUTE_MS)
    assert (incident(analyst)["status"], incident(analyst, "S2")["status"]) == ("escalated", "new")
    tick(desk, now + 61 * MINUTE_MS)
    assert incident(analyst, "S2")["status"] == "escalated"


def test_what_becomes_critical_must_be_answered_as_such(people: People) -> None:
    analyst, desk, now = people("analyst"), open_desk(SETTINGS, people.store), now_ms()
    graver = alert(2, Kind.speeding, severity=Severity.critical, version=2)
    with people.store.writing() as connection:
        take_alerts(connection, [graver], SETTINGS, now + 2 * MINUTE_MS)
    tick(desk, now + 16 * MINUTE_MS)
    assert incident(analyst, "S2")["status"] == "new"
    tick(desk, now + 18 * MINUTE_MS)
    assert incident(analyst, "S2")["status"] == "escalated"


def test_new_evidence_on_a_closed_incident_has_a_response_time_of_its_own(people: People) -> None:
    analyst, desk = people("analyst"), open_desk(SETTINGS, people.store)
    where = path(analyst, "S2")
    analyst.post(f"{where}/verdict", {"verdict": "explained", "reason": "congestion"})
    analyst.post(f"{where}/close")
    now = now_ms()
    with people.store.writing() as connection:
        take_alerts(connection, [alert(2, Kind.seal_open)], SETTINGS, now)
    tick(desk, now + MINUTE_MS)
    assert incident(analyst, "S2")["status"] == "new"
    tick(desk, now + 16 * MINUTE_MS)
    assert incident(analyst, "S2")["status"] == "escalated"


def test_when_a_suppression_ends_the_incident_is_back_and_its_response_time_begins(people: People) -> None:
    supervisor, desk, now = people("supervisor"), open_desk(SETTINGS, people.store), now_ms()
    body = {"shipment_id": "S1", "until": _in_days(1), "reason": "exercise of the unit"}
    made = supervisor.post("/suppressions", body, status=201)
    tick(desk, now + 2 * 3_600_000)
    assert incident(supervisor)["status"] == "suppressed", "nobody is called for what nobody need look at"
    over = now + DAY_MS + MINUTE_MS
    for _ in range(2):
        tick(desk, over)
    assert incident(supervisor)["status"] == "new"
    tick(desk, over + 14 * MINUTE_MS)
    assert incident(supervisor)["status"] == "new"
    tick(desk, over + 16 * MINUTE_MS)
    assert incident(supervisor)["status"] == "escalated"
    log = supervisor.get("/audit", subject=f"suppression:{made['id']}")["items"]
    assert [(one["user"], one["action"]) for one in log] == [("", "suppression_over"), ("supervisor", "suppress")]


def test_two_suppressions_together_cover_what_neither_covers_alone(people: People) -> None:
    supervisor = people("supervisor")
    with people.store.writing() as connection:
        take_alerts(connection, [alert(1, Kind.speeding)], SETTINGS, now_ms())
    day = {"shipment_id": "S1", "until": _in_days(1), "reason": "r"}
    supervisor.post("/suppressions", day | {"kind": "speeding"}, status=201)
    assert incident(supervisor)["status"] == "new"
    supervisor.post("/suppressions", day | {"kind": "seal_open"}, status=201)
    assert incident(supervisor)["status"] == "suppressed"
    with people.store.writing() as connection:
        take_alerts(connection, [alert(1, Kind.jamming)], SETTINGS, now_ms())
    assert incident(supervisor)["status"] == "new", "what is new is not covered"


def test_a_withdrawn_incident_is_nobodys_duty_and_has_time_when_it_comes_back(people: People) -> None:
    analyst, desk, now = people("analyst"), open_desk(SETTINGS, people.store), now_ms()
    gone = replace(alert(1), version=2, status=Status.retracted)
    with people.store.writing() as connection:
        take_alerts(connection, [gone], SETTINGS, now)
    tick(desk, now + 3_600_000)
    assert incident(analyst)["status"] == "withdrawn"
    with people.store.writing() as connection:
        take_alerts(connection, [replace(alert(1), version=3)], SETTINGS, now + 3_600_000)
    tick(desk, now + 3_600_000 + 10 * MINUTE_MS)
    assert incident(analyst)["status"] == "new"
