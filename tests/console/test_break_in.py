"""People who should not get in, and what they try."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, update

from sealtrack.console.access.guard import COOKIE
from sealtrack.console.access.roles import Role
from sealtrack.console.api import API, TOPICS
from sealtrack.console.app import create_app
from sealtrack.console.clock import now_ms
from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.store.tables.people import sessions
from sealtrack.settings import Console
from tests.console.people import BASE, PASSWORD, People

OPEN = {"/api/v1/login"}
OWN = {"/api/v1/logout", "/api/v1/password", "/api/v1/me", "/api/v1/views", "/api/v1/views/{number}"}
"""Changes that every user may make: they are about nobody else."""
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


def routes() -> Iterator[tuple[str, str, APIRoute]]:
    """(method, path, route) of everything under /api/v1."""
    for topic in TOPICS:
        for route in topic.router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                yield method, f"{API}{route.path}", route


def filled(path: str, incident_id: str) -> str:
    """The path with an incident of another unit, and numbers, in place of its parameters."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: incident_id if found[1] == "incident_id" else "1", path)


def _names(model: Any) -> set[str]:
    return set(model.model_fields)


def roles_of(route: APIRoute) -> set[Role]:
    """The least roles that a route's dependencies ask for."""
    todo, found = [route.dependant], set()
    while todo:
        one = todo.pop()
        todo += one.dependencies
        found |= {getattr(one.call, "least")} if hasattr(one.call, "least") else set()  # noqa: B009
    return found


def test_no_route_of_the_api_escapes_these_tests(people: People, store: Store) -> None:
    documented = create_app(Console(), store).openapi()["paths"]
    assert {path.replace(":path}", "}") for _, path, _ in routes()} == set(documented)
    assert len(documented) > 20


def test_without_a_session_nothing_answers(people: People) -> None:
    for method, path, _ in routes():
        if path not in OPEN:
            answer = people.anonymous.request(method, filled(path, "0" * 16), json={})
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["content-type"] == "application/problem+json"


def test_every_change_needs_a_role_and_the_csrf_token(people: People) -> None:
    viewer, admin = people("viewer"), people("admin")
    name = viewer.get("/incidents")["items"][0]["incident_id"]
    tried = 0
    for method, path, route in routes():
        if method not in CHANGES or path in OPEN:
            continue
        bare = admin.client.request(method, filled(path, name), json={})
        assert (bare.status_code, bare.json()["code"]) == (403, "csrf"), f"{method} {path}"
        if path in OWN:
            continue
        assert roles_of(route) - {Role.viewer}, f"{method} {path}: which role may do this?"
        refused = viewer.client.request(method, filled(path, name), json={}, headers={"X-CSRF-Token": viewer.csrf})
        assert (refused.status_code, refused.json()["code"]) == (403, "role"), f"{method} {path}"
        tried += 1
    assert tried > 5
    note = {"text": "I may not"}
    assert viewer.ask("POST", f"/incidents/{name}/note", note).json()["code"] == "role"
    assert viewer.get(f"/incidents/{name}")["decisions"] == []


def test_another_units_incident_does_not_exist(people: People) -> None:
    everyone = people("viewer", "all")
    name = everyone.get("/incidents")["items"][0]["incident_id"]
    stranger = people("admin", "stranger", ("Đội khác",))
    tried = 0
    for method, path, route in routes():
        if "{incident_id}" not in path:
            continue
        body = {"text": "x", "verdict": "confirmed", "reason": "other", "unit": "x"}
        wanted = {name for one in route.dependant.body_params for name in _names(one.field_info.annotation)}
        body = {key: value for key, value in body.items() if key in wanted}
        answer = stranger.ask(method, filled(path, name).removeprefix(API), body if wanted else None)
        assert answer.status_code == 404, f"{method} {path}: {answer.text}"
        assert answer.json() == stranger.ask("GET", "/incidents/0000000000000000").json()
        tried += 1
    assert tried >= 8
    assert stranger.get("/incidents", status="all")["total"] == 0
    assert stranger.get("/incidents/counts")["open"] == 0
    assert stranger.get("/live")["seals"] == []
    assert name not in stranger.client.get("/api/v1/incidents?q=TQ26").text


def test_a_unit_sees_its_own_and_what_is_assigned_to_it(people: People) -> None:
    with people.store.writing() as connection:
        connection.execute(update(incidents).where(incidents.c.shipment_id == "TQ26-0006").values(unit="Đội 2"))
        connection.execute(update(shipments).where(shipments.c.shipment_id == "TQ26-0006").values(unit="Đội 2"))
    member = people("analyst", "member", ("Đội 2",))
    [own] = member.get("/incidents")["items"]
    assert own["shipment_id"] == "TQ26-0006"
    assert "TQ26-0003" not in str(member.get(f"/incidents/{own['incident_id']}"))
    other = people("supervisor").get("/incidents", shipment="TQ26-0003")["items"][0]["incident_id"]
    assert member.ask("GET", f"/incidents/{other}").status_code == 404
    people("analyst").post(f"/incidents/{other}/assign", {"unit": "Đội 2"})
    assert member.get(f"/incidents/{other}")["shipment_id"] == "TQ26-0003"


@pytest.mark.parametrize("token", ["", "forged", "0" * 43, "' OR '1'='1", "é" * 10])
def test_a_forged_session_is_none(people: People, token: str) -> None:
    people("admin")
    answer = people.anonymous.get("/api/v1/me", headers=[(b"Cookie", f"{COOKIE}={token}".encode())])
    assert answer.status_code == 401


def test_what_the_store_keeps_of_a_session_opens_nothing(people: People) -> None:
    people("admin")
    with people.store.reading() as connection:
        kept = connection.execute(select(sessions)).one()
    for secret in (kept.token, kept.csrf):
        assert people.anonymous.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={secret}"}).status_code == 401


@pytest.mark.parametrize("column", ["expires_ms", "used_ms"])
def test_a_session_ends_by_time(people: People, column: str) -> None:
    viewer = people("viewer")
    assert viewer.ask("GET", "/me").status_code == 200
    with people.store.writing() as connection:
        connection.execute(update(sessions).values({column: now_ms() - 5 * 3_600_000}))
    assert viewer.ask("GET", "/me").status_code == 401


def test_logging_out_ends_the_session_on_the_server(people: People) -> None:
    viewer = people("viewer")
    token = viewer.client.cookies[COOKIE]
    viewer.post("/logout", status=204)
    assert people.anonymous.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={token}"}).status_code == 401


def test_a_session_planted_before_the_login_is_not_taken_up(people: People) -> None:
    people.add("victim", Role.viewer)
    people.anonymous.cookies.set(COOKIE, "planted-by-somebody-else")
    answer = people.anonymous.post("/api/v1/login", json={"user": "victim", "password": PASSWORD})
    assert answer.cookies[COOKIE] != "planted-by-somebody-else"
    assert re.search(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; .*SameSite=lax", answer.headers["set-cookie"])
    planted = httpx2.Cookies({COOKIE: "planted-by-somebody-else"})
    assert people.anonymous.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={planted[COOKIE]}"}).status_code == 401


def test_a_new_password_ends_the_other_sessions_and_the_old_one_no_longer_works(people: People) -> None:
    first = people("viewer")
    second = people.log_in("viewer")
    body = {"old": PASSWORD, "new": "another horse battery"}
    first.post("/password", {**body, "old": "wrong one here"}, status=403)
    first.post("/password", {**body, "new": "short"}, status=422)
    first.post("/password", body, status=204)
    assert first.ask("GET", "/me").status_code == 200
    assert second.ask("GET", "/me").status_code == 401
    assert people.anonymous.post("/api/v1/login", json={"user": "viewer", "password": PASSWORD}).status_code == 401


def test_a_one_time_password_opens_nothing_but_the_way_to_change_it(people: People) -> None:
    admin = people("admin")
    made = admin.post("/users", {"user": "new", "name": "Mới", "role": "admin"}, status=201)
    client = people.anonymous
    once = {"user": "new", "password": made["one_time_password"]}
    assert client.post("/api/v1/login", json=once).status_code == 204
    for method, path, _ in routes():
        if method == "GET" and path != "/api/v1/me":
            answer = client.get(filled(path, "0" * 16))
            assert (answer.status_code, answer.json()["code"]) == (403, "password_change_needed"), path
    headers = {"X-CSRF-Token": client.get("/api/v1/me").json()["csrf"]}
    body = {"old": made["one_time_password"], "new": "a much better one"}
    assert client.post("/api/v1/password", json=body, headers=headers).status_code == 204
    assert client.get("/api/v1/incidents").status_code == 200
    assert client.post("/api/v1/login", json=once).status_code == 401


def test_guessing_passwords_is_slowed_down(make_people: Callable[[Console], People]) -> None:
    people = make_people(Console(logins_per_minute=3))
    people.add("victim", Role.admin)
    wrong = {"user": "victim", "password": "not this one"}
    answers = [people.anonymous.post("/api/v1/login", json=wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[-1].headers["retry-after"] == "60"
    right = {"user": "victim", "password": PASSWORD}
    assert people.anonymous.post("/api/v1/login", json=right).status_code == 429, "also the right one must wait"
    assert people.anonymous.post("/api/v1/login", json=wrong | {"user": "VICTIM"}).status_code == 429


def test_an_unknown_user_is_refused_in_the_same_words(people: People) -> None:
    people.add("known", Role.viewer)
    answers = [
        people.anonymous.post("/api/v1/login", json={"user": user, "password": "x"}) for user in ("known", "unknown")
    ]
    assert answers[0].json() == answers[1].json()


def test_a_user_who_is_deactivated_is_out_at_once(people: People) -> None:
    admin, viewer = people("admin"), people("viewer")
    assert admin.ask("PATCH", "/users/viewer", {"active": False}).status_code == 200
    assert viewer.ask("GET", "/me").status_code == 401
    assert people.anonymous.post("/api/v1/login", json={"user": "viewer", "password": PASSWORD}).status_code == 401
    assert admin.ask("PATCH", "/users/admin", {"role": "viewer"}).status_code == 409


@pytest.mark.parametrize(
    "query",
    [
        {"q": "' OR 1=1 --"},
        {"q": "%"},
        {"q": "_"},
        {"carrier": "x') UNION SELECT password FROM users --"},
        {"unit": "'; DROP TABLE incidents; --"},
        {"route": "%|%"},
    ],
)
def test_sql_in_a_filter_is_text(people: People, query: dict[str, str]) -> None:
    viewer = people("viewer")
    assert viewer.get("/incidents", **query)["total"] == 0
    assert viewer.get("/incidents")["total"] > 0


@pytest.mark.parametrize(
    "query",
    [{"sort": "password"}, {"order": "desc; DROP"}, {"kind": "x"}, {"from": "now"}, {"size": "9999"}, {"page": "0"}],
)
def test_a_filter_that_cannot_be_meant_is_named(people: People, query: dict[str, str]) -> None:
    answer = people("viewer").ask("GET", "/incidents", **query)
    assert answer.status_code == 422
    assert next(iter(query)) in answer.json()["detail"]


def test_script_in_a_carriers_name_comes_back_as_json_text(people: People) -> None:
    evil = "<script>alert(1)</script>"
    with people.store.writing() as connection:
        connection.execute(update(incidents).values(carrier=evil))
    answer = people("viewer").ask("GET", "/incidents")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["items"][0]["carrier"] == evil


def test_every_answer_carries_the_headers(people: People) -> None:
    for path in ("/api/v1/me", "/api/v1/openapi.json", "/nowhere"):
        headers = people.anonymous.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


def test_a_foreign_name_or_page_is_refused(people: People) -> None:
    viewer = people("viewer")
    assert viewer.client.get("/api/v1/me", headers={"Host": "evil.example"}).status_code == 400
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = viewer.client.post("/api/v1/logout", headers={"X-CSRF-Token": viewer.csrf, **headers})
        assert answer.status_code == 403
        assert people.anonymous.post("/api/v1/login", json={}, headers=headers).status_code == 403
    same = {"X-CSRF-Token": viewer.csrf, "Origin": BASE}
    assert viewer.client.post("/api/v1/logout", headers=same).status_code == 204


def test_a_program_logs_in_with_a_bearer_token_that_is_no_cookie(people: People) -> None:
    people.add("robot", Role.viewer)
    login = {"user": "robot", "password": PASSWORD, "bearer": True}
    token = people.anonymous.post("/api/v1/login", json=login).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert people.anonymous.get("/api/v1/incidents", headers=bearer).status_code == 200
    view = {"name": "mine", "query": "kind=speeding"}
    assert people.anonymous.post("/api/v1/views", json=view, headers=bearer).status_code == 201
    assert people.anonymous.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={token}"}).status_code == 401


def test_no_secret_is_logged(people: People, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    admin = people("admin")
    made = admin.post("/users", {"user": "new", "name": "N", "role": "viewer"}, status=201)
    people.anonymous.post("/api/v1/login", json={"user": "new", "password": "a wrong password"})
    log = caplog.text + str(admin.get("/audit", size=200))
    token = admin.client.cookies[COOKIE]
    for secret in (PASSWORD, made["one_time_password"], "a wrong password", token, admin.csrf):
        assert secret not in log


def test_the_list_of_users_tells_no_hashes(people: People) -> None:
    assert "argon2" not in people("admin").ask("GET", "/users").text
