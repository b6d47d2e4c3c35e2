"""More of what people try who should not get in: other units' things, odd bodies, hosts, script, SQL everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from sealtrack.console.access.headers import MOST_BYTES
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import alerts, incidents
from sealtrack.console.store.tables.people import users
from sealtrack.console.store.tables.worked import maintenance
from tests.console.people import BASE, Caller, People
from tests.console.test_break_in import CHANGES, routes
from tests.console.test_decide import _in_days
from tests.console.test_evidence import contents, pack_of

STRANGE = ("Đội khác",)
SHIPMENT = "TQ26-0006"
OWN = {"/login", "/logout", "/password", "/me", "/views", "/choices", "/places", "/stream"}
"""About nobody else, or of no unit."""


def things(people: People) -> dict[str, Any]:
    """Something of another unit for each parameter of a path."""
    admin = people("admin", "root")
    name = admin.get("/incidents", shipment=SHIPMENT)["items"][0]["incident_id"]
    with people.store.writing() as connection:
        seal = connection.scalar(select(shipments.c.seal_id).where(shipments.c.shipment_id == SHIPMENT))
        work = {"seal_id": seal, "fault": "low_battery", "opened_ms": 1}
        number = connection.execute(insert(maintenance).values(work).returning(maintenance.c.id)).scalar_one()
    view = admin.post("/views", {"name": "mine", "query": "q=1"}, status=201)["id"]
    held = admin.post("/suppressions", {"shipment_id": SHIPMENT, "until": _in_days(1), "reason": "r"}, status=201)["id"]
    return {
        "incident_id": name, "shipment_id": SHIPMENT, "seal_id": seal, "user": "root", "views": view,
        "suppressions": held, "devices": number,
    }  # fmt: skip


def named(path: str, known: dict[str, Any]) -> str:
    topic = path.split("/")[3]
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: str(known.get(found[1], known.get(topic, ""))), path)


BODIES: dict[str, Any] = {
    "note": {"text": "x"}, "assign": {"unit": "x"}, "verdict": {"verdict": "false", "reason": "other"},
    "tasks": {"done": True}, "users": {"role": "viewer"},
}  # fmt: skip


def test_nothing_that_has_a_name_is_there_for_another_unit(people: People) -> None:
    known = things(people)
    stranger = people("admin", "stranger", STRANGE)
    tried = 0
    for method, path, _ in routes():
        if "{" not in path or "/exports/" in path:
            continue
        address = named(path, known).removeprefix("/api/v1")
        body: Any = next((body for word, body in BODIES.items() if word in path), {})
        answer = stranger.ask(method, address, body if method in CHANGES and method != "DELETE" else None)
        assert answer.status_code in (403, 404), f"{method} {address}: {answer.status_code} {answer.text[:200]}"
        assert SHIPMENT not in answer.text, address
        tried += 1
    assert tried > 15


def test_what_has_no_name_tells_a_stranger_nothing(people: People) -> None:
    known = things(people)
    stranger = people("viewer", "stranger", STRANGE)
    tried = 0
    for method, path, _ in routes():
        bare = path.removeprefix("/api/v1")
        if method != "GET" or "{" in path or bare in OWN:
            continue
        text = stranger.client.get(path).text
        for secret in (SHIPMENT, str(known["seal_id"]), str(known["incident_id"]), "Núi Phai Vệ"):
            assert secret not in text, f"{path} tells of {secret}"
        tried += 1
    for form in ("csv", "geojson"):
        for table in ("incidents", "devices", "statistics"):
            answer = stranger.ask("GET", f"/exports/{table}.{form}", by="carrier", status="all")
            assert SHIPMENT not in answer.text
            assert "Núi Phai Vệ" not in answer.text
    assert tried > 10


def _pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 10_000):
        yield b" " * 10_000


def test_a_huge_body_is_refused_whether_it_says_so_or_not(people: People) -> None:
    analyst = people("analyst")
    headers = {"X-CSRF-Token": analyst.csrf, "Content-Type": "application/json"}
    for path in ("/api/v1/views", "/api/v1/login", "/api/v1/incidents/x/note"):
        for content in (b" " * (MOST_BYTES + 1), _pieces(MOST_BYTES + 20_000)):
            answer = analyst.client.post(path, content=content, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), path
    assert analyst.client.post("/api/v1/views", content=_pieces(50_000), headers=headers).status_code == 422


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b'{"name": "\\ud800", "query": ""}', b"1e999", b"9" * 5_000],
)
def test_a_body_that_cannot_be_read_is_refused(people: People, body: bytes) -> None:
    analyst = people("analyst")
    headers = {"X-CSRF-Token": analyst.csrf, "Content-Type": "application/json"}
    answer = analyst.client.post("/api/v1/views", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8787", "127.0.0.1.evil.example", "127.0.0.1@evil.example",
        "localhost.evil.example", "", "[::1", "evil.example#127.0.0.1", "evil.example\\@127.0.0.1",
    ],
)  # fmt: skip
def test_a_name_that_is_not_the_consoles_is_refused(people: People, host: str) -> None:
    viewer = people("viewer")
    answer = viewer.client.get("/api/v1/me", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    page = viewer.client.get("/", headers={"Host": host}, follow_redirects=False)
    assert page.status_code == 400


def test_no_redirect_leads_where_a_header_says(people: People) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Original-URL": "//evil.example"}
    answer = people.anonymous.get("/live?x=//evil.example", headers=headers, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2Flive")


class _Seen(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}${7*7}</title>"


@pytest.fixture
def poisoned(people: People) -> Caller:
    """Script in every text that somebody declares or types, and an admin who looks at it."""
    with people.store.writing() as connection:
        names = ("carrier", "cargo", "vehicle", "unit")
        connection.execute(update(shipments).values(declaration_no=EVIL, **dict.fromkeys(names, EVIL)))
        connection.execute(update(incidents).values(**dict.fromkeys(names, EVIL)))
        evidence = '{"card": "<script>alert(1)</script>", "zone": "<img src=x onerror=alert(1)>"}'
        connection.execute(update(alerts).values(evidence=evidence))
    admin = people("admin")
    name = admin.get("/incidents", shipment=SHIPMENT)["items"][0]["incident_id"]
    admin.post(f"/incidents/{name}/note", {"text": EVIL})
    admin.post(f"/incidents/{name}/assign", {"unit": EVIL})
    admin.post(f"/incidents/{name}/verdict", {"verdict": "confirmed", "reason": "other", "text": EVIL})
    admin.post("/suppressions", {"seal_id": EVIL, "until": _in_days(1), "reason": EVIL}, status=201)
    admin.post("/views", {"name": EVIL, "query": EVIL, "shared": True}, status=201)
    admin.post("/users", {"user": "evil", "name": EVIL, "role": "viewer", "units": [EVIL]}, status=201)
    with people.store.writing() as connection:
        connection.execute(update(users).where(users.c.user == "admin").values(name=EVIL))
    return admin


def test_script_in_a_name_is_text_on_every_page(poisoned: Caller) -> None:
    name = poisoned.get("/incidents", shipment=SHIPMENT)["items"][0]["incident_id"]
    pages = [
        "/", f"/?q={EVIL}", f"/incidents/{name}", "/live", f"/shipments/{SHIPMENT}", "/shipments/%3Cscript%3E",
        "/seals/<x>", "/statistics", "/devices", "/handover", "/audit", "/suppressions", "/users", "/password",
        "/login", f"/nowhere/{EVIL}",
    ]  # fmt: skip
    for path in pages:
        answer = poisoned.client.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self'; "), path
        seen = _Seen()
        seen.feed(answer.text)
        assert "onerror" not in seen.attributes, path
        assert "<script>alert" not in answer.text, path


def test_script_in_a_name_is_text_in_the_report_and_the_exports(
    poisoned: Caller, people: People, tmp_path: Any
) -> None:
    files = contents(pack_of(poisoned, SHIPMENT, tmp_path))
    seen = _Seen()
    seen.feed(files["report.html"].decode())
    assert "script" not in seen.tags
    assert "onerror" not in seen.attributes
    assert files["report.pdf"].startswith(b"%PDF-")
    assert b"/JavaScript" not in files["report.pdf"]
    assert b"/URI" not in files["report.pdf"]
    for form in ("csv", "xlsx", "geojson"):
        for table in ("incidents", "statistics", "devices"):
            answer = poisoned.ask("GET", f"/exports/{table}.{form}", by="carrier")
            assert answer.status_code == 200
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-disposition"].startswith("attachment; "), "no browser shows it as a page"


SQL = [
    "' OR '1'='1",
    "x'; DROP TABLE incidents; --",
    "1) UNION SELECT password FROM users --",
    "%' ESCAPE '",
    "\\",
    "%_%",
]
FILTERS = [
    "unit", "route", "carrier", "vehicle", "cargo", "shipment", "seal", "verdict", "assigned_unit", "assigned_to", "q",
]  # fmt: skip
CHOSEN = ["kind", "severity", "status", "sort", "order", "from", "to"]


@pytest.mark.parametrize("evil", SQL)
def test_sql_is_text_in_every_filter_and_sort(people: People, evil: str) -> None:
    admin = people("admin")
    total = admin.get("/incidents", status="all")["total"]
    for name in FILTERS:
        assert admin.get("/incidents", **{name: evil, "status": "all"})["total"] == 0, name
        assert len(admin.ask("GET", "/exports/incidents.csv", **{name: evil}).text.splitlines()) <= 1, name
    for name in CHOSEN:
        assert admin.ask("GET", "/incidents", **{name: evil}).status_code == 422, name
        assert admin.ask("GET", "/exports/incidents.csv", **{name: evil}).status_code == 422, name
    for name in ("user", "action", "subject"):
        assert admin.get("/audit", **{name: evil})["total"] == 0
    for name in ("by", "from", "to"):
        assert admin.ask("GET", "/statistics", **{name: evil}).status_code == 422
    for path in (f"/shipments/{evil}", f"/seals/{evil}", f"/incidents/{evil}"):
        assert admin.client.get(f"{BASE}/api/v1{path}").status_code == 404
    with people.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(incidents)) == total
