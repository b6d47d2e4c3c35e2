"""Packs of incidents that several things judged: amended terms, two editions, other thresholds, live topics, units."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from sealtrack import geofence, policy_file
from sealtrack.console.clock import now_ms
from sealtrack.console.evidence.lines import report_lines, reports_of
from sealtrack.console.evidence.rerun import rerun
from sealtrack.console.evidence.verify import verify
from sealtrack.console.intake.alerts import take_alerts
from sealtrack.console.intake.declared import shipment_records_of, take_shipments, take_sightings
from sealtrack.console.intake.documents import keep_edition, keep_geofences, keep_policy
from sealtrack.console.intake.files import Files, fill, read_files
from sealtrack.console.intake.reports import clock_ms, take_reports
from sealtrack.console.intake.topics import TopicIntake
from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import reports, sources
from sealtrack.console.store.tables.judged import incidents
from sealtrack.engine.atlas import Edition
from sealtrack.geofence import Catalogue
from sealtrack.io.codecs import alert_json
from sealtrack.io.memory import MemoryBroker, MemorySource
from sealtrack.io.ports import Message
from sealtrack.policy import Policies
from sealtrack.schema import NO_TIME, Alert
from sealtrack.settings import Console, Settings
from tests.console.people import DEMO, Caller, People, client_of
from tests.console.test_evidence import ROOT, contents, pack_of
from tests.console.test_topics import messages
from tests.console.test_topics_rules import drawn

SETTINGS = Console(logins_per_minute=1000)
SHIPMENT = "TQ26-0006"
OTHERS = "Đội 9"


def scenario(name: str) -> Files:
    folder = ROOT / "replay" / "scenarios" / name
    own, seen = folder / "geofences.geojson", folder / "sightings.csv"
    return Files(
        [next(folder.glob("feed.*"))],
        folder / "shipments.csv",
        [*DEMO.geofences, *([own] if own.exists() else [])],
        sightings=[seen] if seen.exists() else [],
    )


@pytest.fixture
def ask(empty: Store) -> Iterator[Callable[..., Caller]]:
    """Users of a console on the empty store, once it is filled."""
    opened: list[Any] = []

    def caller(*who: Any) -> Caller:
        opened.append(client_of(empty, SETTINGS))
        return People(empty, opened[-1])(*who)

    yield caller
    for client in opened:
        client.close()


def proven(caller: Caller, shipment_id: str, folder: Path) -> dict[str, Any]:
    """The manifest of a pack that proves itself."""
    path = pack_of(caller, shipment_id, folder)
    assert verify(path).faults == []
    manifest: dict[str, Any] = json.loads(contents(path)["manifest.json"])
    assert manifest["not_reproduced"] == []
    return manifest


def judged(store: Store, editions: list[Edition], policies: Policies) -> list[Alert]:
    """What the engine says of all that the store has heard."""
    with store.reading() as connection:
        joined = select(reports, sources.c.topic).join(sources, sources.c.id == reports.c.source)
        rows = connection.execute(joined.order_by(reports.c.received_ms, reports.c.offset)).all()
        records = shipment_records_of(connection, list(connection.scalars(select(shipments.c.shipment_id))))
        return rerun(reports_of(report_lines(rows), "x"), records, [], editions, policies, clock_ms(connection))


def put(store: Store, files: Files) -> tuple[Catalogue, Policies]:
    """Everything but alerts."""
    found, catalogue, policies, _ = read_files(files, lambda *_: None)
    with store.writing() as connection:
        keep_geofences(connection, catalogue, files.geofences, 1)
        take_shipments(connection, found.shipments)
        take_sightings(connection, found.sightings, [(0, number) for number in range(len(found.sightings))])
        take_reports(connection, found.reports, {0: "seal.positions"})
    return catalogue, policies


def tell(store: Store, alerts: list[Alert]) -> None:
    with store.writing() as connection:
        take_alerts(connection, alerts, SETTINGS, now_ms())


def test_a_trip_that_two_editions_judged_is_proven_by_both(
    empty: Store, ask: Callable[..., Caller], tmp_path: Path
) -> None:
    """TQ26-0002 departs under the wide corridor and is amended under the narrow one."""
    catalogue, policies = put(empty, scenario("amended"))
    text, narrow = drawn(60.0)
    with empty.reading() as connection:
        row = connection.execute(select(shipments).where(shipments.c.shipment_id == "TQ26-0002")).one()
    assert row.amended_ms is not None
    between = (row.depart_ms + row.amended_ms) // 2
    wide, whole = geofence.pack(*scenario("amended").geofences)
    with empty.writing() as connection:
        keep_policy(connection, policies, None, 1)
        keep_edition(connection, "wide@0", wide, whole, 0)
        keep_edition(connection, f"narrow@{between}", text, narrow, between)
    tell(empty, judged(empty, [Edition(NO_TIME, whole), Edition(between, narrow)], policies))
    manifest = proven(ask("analyst"), "TQ26-0002", tmp_path)
    assert [one["sha256"] for one in manifest["geofences"]] == [catalogue.sha256, narrow.sha256]
    assert [one["from_ms"] for one in manifest["geofences"]] == [None, between]
    named = {
        json.loads(line)["evidence"]["geofences"]
        for line in contents(tmp_path / "TQ26-0002.zip")["alerts.ndjson"].splitlines()
    }
    assert named <= {catalogue.version, narrow.version}


def test_what_earlier_thresholds_judged_is_proven_by_them(
    empty: Store, ask: Callable[..., Caller], tmp_path: Path
) -> None:
    catalogue, default = put(empty, DEMO)
    (tmp_path / "strict.toml").write_text("[default]\ndeviation_fixes = 2\ndeviation_s = 20.0\n", encoding="utf-8")
    strict = policy_file.load(tmp_path / "strict.toml")
    with empty.writing() as connection:
        keep_policy(connection, strict, tmp_path / "strict.toml", 1)
    tell(empty, judged(empty, [Edition(NO_TIME, catalogue)], strict))
    with empty.writing() as connection:
        keep_policy(connection, default, None, 2)
    manifest = proven(ask("analyst"), SHIPMENT, tmp_path)
    assert manifest["policy_sha256"] == strict.sha256() != default.sha256()


def test_a_pack_of_a_console_that_follows_topics_names_their_offsets(
    store: Store, empty: Store, ask: Callable[..., Caller], tmp_path: Path
) -> None:
    settings = Settings(console=SETTINGS)
    topics, broker = settings.topics, MemoryBroker()
    text, catalogue = geofence.pack(*DEMO.geofences)
    broker.append(Message(topics.geofences, b"a@0", text, 0))
    broker.append(*(one for one in messages(store, topics) if one.topic != topics.alerts))
    intake = TopicIntake(empty, settings)
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    told = judged(empty, [Edition(NO_TIME, catalogue)], Policies())
    broker.append(*(Message(topics.alerts, one.shipment_id.encode(), alert_json(one)) for one in told))
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    with empty.writing() as connection:
        keep_policy(connection, Policies(), None, 1)
    proven(ask("analyst"), SHIPMENT, tmp_path)
    lines = contents(tmp_path / f"{SHIPMENT}.zip")["reports.ndjson"].splitlines()
    assert len(lines) > 100
    for line in lines:
        report = json.loads(line)
        record = broker.log(report["topic"], report["partition"])[report["offset"]]
        sent = json.loads(record.value or b"")
        assert (sent["seal_id"], sent["time"]) == (report["seal_id"], report["time"])


@pytest.fixture
def company(empty: Store) -> Store:
    """Trucks that meet, those of one unit with those of others."""
    files = scenario("company")
    found, catalogue, policies, _ = read_files(files, lambda *_: None)
    fill(empty, found, catalogue, policies, files, SETTINGS)
    with empty.writing() as connection:
        for table in (shipments, incidents):
            connection.execute(update(table).where(table.c.shipment_id != "TQ26-0001").values(unit=OTHERS))
    return empty


def test_what_only_other_units_shipments_prove_is_packed_by_who_sees_them(
    company: Store, ask: Callable[..., Caller], tmp_path: Path
) -> None:
    own = ask("analyst", "own", ("Đội Giám sát tuyến",))
    name = own.get("/incidents", shipment="TQ26-0001", status="all")["items"][0]["incident_id"]
    refused = own.ask("GET", f"/incidents/{name}/evidence.zip")
    assert (refused.status_code, refused.json()["code"]) == (403, "units")
    proven(ask("analyst", "all"), "TQ26-0001", tmp_path)
    proven(ask("analyst", "both", ("Đội Giám sát tuyến", OTHERS)), "TQ26-0001", tmp_path)


def test_a_pack_for_a_unit_holds_nothing_of_another(empty: Store, ask: Callable[..., Caller], tmp_path: Path) -> None:
    files = DEMO
    found, catalogue, policies, _ = read_files(files, lambda *_: None)
    fill(empty, found, catalogue, policies, files, SETTINGS)
    with empty.reading() as connection:
        own = connection.execute(select(shipments).where(shipments.c.shipment_id == SHIPMENT)).one()
    after = own.closed_ms + 60_000
    another = {"shipment_id": "FOREIGN", "depart_at": after, "closed_at": after + 3_600_000, "amended_at": None}
    [record] = [one for one in found.shipments if one.shipment_id == SHIPMENT]
    foreign = replace(record, **another, unit=OTHERS, carrier="Secret carrier", cargo="secret cargo", vehicle="99S-1")
    with empty.writing() as connection:
        take_shipments(connection, [foreign])
        later = {"time_ms": after + 60_000, "received_ms": after + 60_000, "offset": 999_999}
        row = connection.execute(select(reports).where(reports.c.seal_id == own.seal_id).limit(1)).mappings().one()
        connection.execute(reports.insert().values(dict(row) | later))
    proven(ask("analyst", "own", (own.unit,)), SHIPMENT, tmp_path)
    files_in = contents(tmp_path / f"{SHIPMENT}.zip")
    whole = b"".join(files_in.values()).decode(errors="replace")
    assert "Secret" not in whole
    assert "secret" not in whole
    assert "99S-1" not in whole
    assert '"offset":999999' not in files_in["reports.ndjson"].decode()
    assert '"FOREIGN"' in files_in["shipments.ndjson"].decode(), "when its next trip began belongs to this one"
    proven(ask("analyst", "all"), SHIPMENT, tmp_path)
    assert '"offset":999999' in contents(tmp_path / f"{SHIPMENT}.zip")["reports.ndjson"].decode()
