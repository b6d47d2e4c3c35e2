"""The API does what its description says: every answer has its shape, and random requests get documented statuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import delete, update

from sealtrack.console.access import sessions
from sealtrack.console.access.roles import Role
from sealtrack.console.api import API, TOPICS
from sealtrack.console.app import create_app
from sealtrack.console.clock import now_ms
from sealtrack.console.intake.reports import note_clock
from sealtrack.console.store import Store
from sealtrack.console.store.tables.heard import seals
from sealtrack.console.store.tables.people import user_units, users
from sealtrack.schema import Kind, Severity
from sealtrack.settings import Console
from tests.console.made import DEPART_MS, alert, fill_store, shipment
from tests.console.people import BASE, People
from tests.console.stores import STORES, new_store
from tests.console.test_decide import _in_days

SETTINGS = Console(logins_per_minute=1000)
MEDIA = "application/problem+json"
KNOWN = {
    "incident_id": [f"{1:012x}{0:04x}", f"{1:012x}0002"],
    "shipment_id": ["S1", "S2"],
    "seal_id": ["L1", "L2"],
    "user": ["all", "other"],
    "number": ["1", "2"],
    "table": ["incidents", "statistics", "devices"],
    "form": ["csv", "xlsx", "geojson"],
}
ODD = ["\x00", "'", "%", "\\", "🚚", "\ud800", "../..", "9" * 30, "-1", "1e309", "0001-01-01T00:00:00Z", "now"]
WORDS = ["all", "other", "S1", "L1", "Đội 1", "c", "r1", "device_fault"]
TIMES = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2026-03-10T00:00:00+14:00", "1969-12-31T23:59:59.999Z"]
ENDLESS = "/stream"


@pytest.fixture(scope="module", params=STORES)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """A small console on a store of each sort; a failure of its own is an answer, too."""
    with new_store(request, tmp_path_factory.mktemp("api")) as store:
        told = [alert(1, Kind.seal_open), alert(1, Kind.route_deviation), alert(2, Kind.speeding)]
        fill_store(store, [shipment(1, open_cards=["c"]), shipment(2)], told, SETTINGS)
        fill_store(store, [shipment(3, vehicle="15C")], [alert(3, Kind.jamming, severity=Severity.warning)], SETTINGS)
        with store.writing() as connection:
            note_clock(connection, DEPART_MS + 7_200_000)
            heard = {"heard_ms": DEPART_MS, "time_ms": DEPART_MS, "lat": 21.0, "lon": 106.0, "lock": 1}
            connection.execute(seals.insert().values(seal_id="L1", fix_ms=DEPART_MS, battery_pct=12.3, **heard))
        with TestClient(create_app(SETTINGS, store), base_url=BASE, raise_server_exceptions=False) as client:
            people = People(store, client)
            people.add("all", Role.admin)
            people.add("other", Role.viewer)
            yield people


def bearer(store: Store, user: str = "all") -> dict[str, str]:
    """The header of a new session."""
    with store.writing() as connection:
        return {"Authorization": f"Bearer {sessions.begin(connection, user, now_ms(), SETTINGS, bearer=True)}"}


def models() -> dict[tuple[str, str], Any]:
    """(method, path) to the model of its answer, None where it has none."""
    return {
        (method, f"{API}{route.path}".replace(":path}", "}")): route.response_model
        for topic in TOPICS
        for route in topic.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


@pytest.fixture(scope="module")
def description(served: People) -> dict[str, Any]:
    return dict(served.anonymous.get(f"{API}/openapi.json").json())


def operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_answer_is_described_and_every_refusal_is_a_problem(description: dict[str, Any]) -> None:
    names = []
    for method, path, operation in operations(description):
        where = f"{method} {path}"
        names.append(operation["operationId"])
        assert operation["description"], where
        good = {status: answer for status, answer in operation["responses"].items() if int(status) < 400}
        assert good, where
        for status, answer in good.items():
            content = answer.get("content", {})
            assert status == "204" or content, where
            if "application/json" in content:
                assert content["application/json"]["schema"].get("$ref"), f"{where} answers with anything"
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == [MEDIA], f"{where} {status}"
                assert answer["content"][MEDIA]["example"]["status"] == int(status)
        assert operation["security"] or path.endswith("/login"), where
    assert len(names) == len(set(names)) > 40
    assert "HTTPValidationError" not in description["components"]["schemas"]
    assert "Problem" in description["components"]["schemas"]


def _reach(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for inner in value.values():
            yield from _reach(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _reach(inner)


def test_the_description_refers_to_what_it_holds(description: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}
    assert set(_reach(description)) <= schemas


def test_every_answer_has_the_shape_that_is_described(people: People) -> None:
    """On the demo, with something of everything in it."""
    admin = people("admin")
    name = admin.get("/incidents", shipment="TQ26-0006")["items"][0]["incident_id"]
    made: Callable[..., Any] = admin.post
    made(f"/incidents/{name}/assign", {"officer": "admin", "unit": "Đội 2"})
    made(f"/incidents/{name}/verdict", {"verdict": "confirmed", "reason": "other", "text": "x"})
    made("/suppressions", {"shipment_id": "TQ26-0003", "until": _in_days(1), "reason": "r"}, status=201)
    made("/views", {"name": "v", "query": "q=1", "shared": True}, status=201)
    values = {
        "incident_id": name, "shipment_id": "TQ26-0006", "seal_id": "7900000006", "number": "1",
    }  # fmt: skip
    checked = 0
    for (method, path), model in models().items():
        if method != "GET" or model is None or path.endswith(ENDLESS):
            continue
        answer = admin.client.get(path.format(**values))
        assert answer.status_code == 200, path
        TypeAdapter(model).validate_json(answer.content, strict=True)
        checked += 1
    for by in ("route", "carrier", "seal", "card", "officer", "rule"):
        answer = admin.client.get(f"{API}/statistics?by={by}")
        TypeAdapter(models()["GET", f"{API}/statistics"]).validate_json(answer.content, strict=True)
    assert checked > 20


def texts() -> st.SearchStrategy[str]:
    return st.one_of(st.text(max_size=30), st.sampled_from(ODD))


def anything() -> st.SearchStrategy[Any]:
    plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts())
    return st.one_of(plain, st.lists(plain, max_size=3), st.dictionaries(texts(), plain, max_size=3))


def values_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema asks for, and now and then anything."""
    meant = _meant(schema, schemas)
    return st.sampled_from([False] * 7 + [True]).flatmap(lambda odd: anything() if odd else meant)


def _meant(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _meant(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return st.one_of(*(_meant(one, schemas) for one in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("type") == "object":
        own = schema["properties"]
        needed = {name: values_of(own[name], schemas) for name in schema.get("required", [])}
        return st.fixed_dictionaries(
            needed, optional={name: values_of(own[name], schemas) for name in own if name not in needed}
        )
    if schema.get("type") == "array":
        return st.lists(_meant(schema["items"], schemas), max_size=3)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        "integer": st.one_of(st.integers(-2, 5), st.integers()),
        "number": st.floats(),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return plain.get(schema.get("type"), _text_meant(schema))


def _text_meant(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    if "RFC 3339" in schema.get("description", ""):
        return st.one_of(st.sampled_from(TIMES), st.just(_in_days(3)))
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.one_of(st.sampled_from(WORDS), st.text(min_size=schema.get("minLength", 0), max_size=20), texts())


def _named(known: list[str], asked: st.SearchStrategy[str], odd: bool) -> st.SearchStrategy[str]:  # noqa: FBT001
    return asked if odd or not known else st.sampled_from(known)


def requests_of(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    parts: dict[str, dict[str, st.SearchStrategy[Any]]] = {"path": {}, "query": {}, "header": {}}
    for one in operation.get("parameters", []):
        known = KNOWN.get(one["name"], [])
        asked = values_of(one["schema"], schemas).map(str)
        if one["in"] == "path":
            odd = st.sampled_from([False] * 4 + [True])
            parts["path"][one["name"]] = odd.flatmap(partial(_named, known, asked))
        elif one["in"] == "header":
            parts["header"][one["name"]] = st.text('0123456789"W/*abc', max_size=8)
        else:
            described = {"description": one.get("description", ""), **one["schema"]}
            parts["query"][one["name"]] = values_of(described, schemas).map(str)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return st.fixed_dictionaries(
        {
            "path": st.fixed_dictionaries(parts["path"]),
            "query": st.fixed_dictionaries({}, optional=parts["query"]),
            "header": st.fixed_dictionaries({}, optional=parts["header"]),
            "body": values_of(body, schemas) if body else st.none(),
        }
    )


def _restore(store: Store) -> None:
    """Whoever was changed by chance is as before."""
    with store.writing() as connection:
        connection.execute(update(users).values(active=True, must_change=False))
        connection.execute(update(users).where(users.c.user == "all").values(role="admin"))
        connection.execute(delete(user_units))


def _sent(served: People, method: str, path: str, request: Mapping[str, Any]) -> Any:
    named = {
        name: quote(value.encode(errors="surrogatepass"), safe="") or "%20" for name, value in request["path"].items()
    }
    query = "&".join(
        f"{name}={quote(value.encode(errors='surrogatepass'), safe='')}" for name, value in request["query"].items()
    )
    content = None if request["body"] is None else json.dumps(request["body"]).encode()
    headers = bearer(served.store) | request["header"] | ({"Content-Type": "application/json"} if content else {})
    return served.anonymous.request(method, f"{path.format(**named)}?{query}", content=content, headers=headers)


OPERATIONS = sorted({(method, path) for method, path in models() if not path.endswith(ENDLESS)})


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_random_requests_get_documented_answers(
    served: People, description: dict[str, Any], method: str, path: str
) -> None:
    operation = description["paths"][path][method.lower()]
    model = models()[method, path]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(request=requests_of(operation, description["components"]["schemas"]))
    def tried(request: dict[str, Any]) -> None:
        _restore(served.store)
        answer = _sent(served, method, path, request)
        status = str(answer.status_code)
        # An odd name may make it another path: there is nothing there, or another method.
        elsewhere = bool(request["path"]) and status in ("404", "405", "307")
        assert status in operation["responses"] or elsewhere, f"{status} {answer.text[:300]}"
        if int(status) >= 400:
            assert answer.headers["content-type"] == MEDIA
            assert answer.json()["status"] == int(status)
        elif model is not None and status != "204" and not elsewhere:
            TypeAdapter(model).validate_json(answer.content, strict=True)

    tried()
