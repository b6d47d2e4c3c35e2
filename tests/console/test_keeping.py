"""A store that runs for years: what goes, what stays, and how it comes back from a backup."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from sealtrack.console import audit, sweep
from sealtrack.console.access.roles import Role
from sealtrack.console.clock import now_ms
from sealtrack.console.intake.reports import note_clock, source
from sealtrack.console.store import Store, open_store
from sealtrack.console.store.tables.declared import shipments, sightings
from sealtrack.console.store.tables.heard import offsets, reports
from sealtrack.console.store.tables.judged import alerts, incidents
from sealtrack.console.store.tables.worked import audit as audit_table
from sealtrack.console.store.tables.worked import decisions
from sealtrack.settings import Console
from tests.console.made import DEPART_MS, alert, fill_store, shipment
from tests.console.people import People, client_of

SETTINGS = Console(four_eyes="never", logins_per_minute=1000)
DAY_MS = 86_400_000
TRIPS = 12


def _report(number: int, at_ms: int, offset: int, origin: int) -> dict[str, Any]:
    place = {"source": origin, "partition": 0, "offset": offset, "seal_id": f"L{number}"}
    said = {"time_ms": at_ms, "received_ms": at_ms, "lat": 21.0, "lon": 106.0, "lock": 1, "events": 0, "flags": 0}
    return place | said


def _a_year(store: Store) -> None:
    """A trip a month, each with a day of reports; every third with an incident."""
    trips = [shipment(n, depart_at=DEPART_MS + 30 * n * DAY_MS) for n in range(TRIPS)]
    told = [
        alert(n, start=trips[n].depart_at + 3_600_000, end=trips[n].depart_at + 7_200_000) for n in range(0, TRIPS, 3)
    ]
    fill_store(store, trips, told, SETTINGS)
    with store.writing() as connection:
        origin = source(connection, "seal.positions")
        rows = [
            _report(n, one.depart_at + minutes * 600_000, n * 1000 + minutes, origin)
            for n, one in enumerate(trips)
            for minutes in range(144)
        ]
        connection.execute(insert(reports), rows)
        note_clock(connection, trips[-1].depart_at + DAY_MS)


def _heard(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.scalars(select(reports.c.seal_id).distinct()))


def _counts(store: Store) -> list[int | None]:
    tables = (shipments, alerts, incidents, decisions)
    with store.reading() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) for table in tables]


def test_after_a_year_the_store_holds_a_month_and_what_is_still_needed(empty: Store) -> None:
    _a_year(empty)
    before = _counts(empty)
    sweep.sweep(empty, SETTINGS, now_ms())
    assert _heard(empty) == {"L0", "L3", "L6", "L9", "L11"}
    assert _counts(empty) == before, "what was declared, judged and decided stays"


def test_reports_of_closed_incidents_go_after_their_time_and_the_decisions_stay(empty: Store) -> None:
    _a_year(empty)
    with client_of(empty, SETTINGS) as client:
        analyst = People(empty, client)("analyst")
        for item in analyst.get("/incidents", size=200)["items"]:
            if item["shipment_id"] != "S9":
                name = item["incident_id"]
                analyst.post(f"/incidents/{name}/verdict", {"verdict": "confirmed", "reason": "other"})
                analyst.post(f"/incidents/{name}/close")
    now = now_ms()
    sweep.sweep(empty, SETTINGS, now)
    assert _heard(empty) >= {"L0", "L3", "L6", "L9"}
    before = _counts(empty)
    sweep.sweep(empty, SETTINGS, now + int((SETTINGS.keep_closed_d + 8) * DAY_MS))
    assert _heard(empty) == {"L9", "L11"}
    assert _counts(empty) == before
    with empty.reading() as connection:
        assert audit.verify(connection).fault == ""


def test_what_was_swept_is_left_alone_until_a_week_has_passed(empty: Store) -> None:
    _a_year(empty)
    now = now_ms()
    sweep.sweep(empty, SETTINGS, now)
    with empty.writing() as connection:
        connection.execute(insert(reports), [_report(1, DEPART_MS + 30 * DAY_MS, 999_999, 1)])
    sweep.sweep(empty, SETTINGS, now + DAY_MS)
    assert "L1" in _heard(empty)
    sweep.sweep(empty, SETTINGS, now + 8 * DAY_MS)
    assert "L1" not in _heard(empty)


def test_a_long_backlog_is_swept_a_piece_at_a_time(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _a_year(empty)
    monkeypatch.setattr(sweep, "_MOST_SLICES", 3)
    sizes = []
    for _ in range(20):
        sweep.sweep(empty, SETTINGS, now_ms())
        with empty.reading() as connection:
            sizes.append(connection.scalar(select(func.count()).select_from(reports)) or 0)
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 3
    assert _heard(empty) == {"L0", "L3", "L6", "L9", "L11"}


def test_old_sightings_go(empty: Store) -> None:
    _a_year(empty)
    row = {"sighting_id": "x", "time_ms": DEPART_MS - 3_000 * DAY_MS, "key": "k", "record": "{}"}
    with empty.writing() as connection:
        connection.execute(insert(sightings), [row | {"offset": 0, "partition": 0}])
    sweep.sweep(empty, SETTINGS, now_ms())
    with empty.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(sightings)) == 0


def _backed_up(store: Store, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a copy, made as docs/console.md says."""
    if store.engine.dialect.name == "sqlite":
        if shutil.which("sqlite3") is None:  # the console itself does not need it, only who copies its store
            if os.environ.get("CI") == "true":
                pytest.fail("sqlite3 is not installed (CI must not skip the backup)")
            pytest.skip("sqlite3 is not installed: apt-get install sqlite3")
        copy = folder / "copy.db"
        command = ["sqlite3", str(store.engine.url.database), f".backup '{copy}'"]
        subprocess.run(command, check=True, capture_output=True)
        return f"sqlite:///{copy}"
    url = store.engine.url
    target = request.getfixturevalue("postgres").new_database()
    host = f"--host={url.query['host']}"
    plain = ["pg_dump", host, "--username=postgres", "--format=custom", f"--file={folder}/console.dump"]
    subprocess.run([*plain, str(url.database)], check=True, capture_output=True)
    name = target.partition("@/")[2].partition("?")[0]
    back = ["pg_restore", host, "--username=postgres", f"--dbname={name}", f"{folder}/console.dump"]
    subprocess.run(back, check=True, capture_output=True)
    return str(target)


def test_a_backup_taken_while_people_work_is_a_whole_store(
    empty: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    _a_year(empty)
    with empty.writing() as connection:
        connection.execute(insert(offsets).values(topic="seal.positions", partition=0, next=777))
    with client_of(empty, SETTINGS) as client:
        people = People(empty, client)
        analyst = people("analyst")
        people.add("later", Role.viewer)
        name = analyst.get("/incidents")["items"][0]["incident_id"]
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                analyst.post(f"/incidents/{name}/note", {"text": "Đang xử lý"})

        thread = threading.Thread(target=work)
        thread.start()
        try:
            url = _backed_up(empty, tmp_path, request)
        finally:
            stop.set()
            thread.join()
    copy = open_store(url)
    with copy.writing() as connection:
        found = audit.verify(connection)
        assert found.fault == ""
        assert connection.scalar(select(offsets.c.next)) == 777, "the intake goes on where the copy stands"
        audit.append(connection, 1, "u", "note", "s", {})
    assert _counts(copy)[:3] == _counts(empty)[:3]
    with client_of(copy, SETTINGS) as client:
        again = People(copy, client).log_in("later")
        assert again.get(f"/incidents/{name}")["incident_id"] == name
    with pytest.raises(Exception, match="append-only"), copy.writing() as connection:
        connection.execute(update(audit_table).values(user="nobody"))
    copy.close()
