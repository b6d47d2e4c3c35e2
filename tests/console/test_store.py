"""What every store promises: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from sealtrack.console import audit
from sealtrack.console.access.users import first_admin
from sealtrack.console.intake.files import fill, read_files
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.queue import Filter, conditions, ordered, page
from sealtrack.console.store import Store, open_store
from sealtrack.console.store.tables import metadata
from sealtrack.console.store.tables.heard import reports
from sealtrack.console.store.tables.judged import alerts, incidents
from sealtrack.console.store.tables.worked import audit as audit_table
from sealtrack.errors import TransportError, UsageError
from sealtrack.settings import Console
from tests.console.people import DEMO, everybody
from tests.console.stores import STORES, new_store


def test_the_migrations_make_the_tables_that_the_code_knows(empty: Store) -> None:
    with empty.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_store_is_opened_again_as_it_was(empty: Store) -> None:
    with empty.writing() as connection:
        assert first_admin(connection, 1)
    again = open_store(empty.engine.url.render_as_string(hide_password=False))
    with again.writing() as connection:
        assert first_admin(connection, 2) is None
    again.close()


def test_a_store_of_a_newer_sealtrack_is_refused(empty: Store) -> None:
    with empty.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer sealtrack"):
        open_store(empty.engine.url.render_as_string(hide_password=False))


def test_the_demo_gives_the_same_incidents_in_every_store(empty: Store, store: Store) -> None:
    judged, catalogue, policies, _ = read_files(DEMO, lambda *_: None)
    for _ in range(2):  # the second time changes nothing
        fill(empty, judged, catalogue, policies, DEMO, Console())
        with empty.reading() as one, store.reading() as other:
            found, expected = (page(each, everybody(), Filter(), 1, 100) for each in (one, other))
            own = {"opened_at", "updated_at", "due_at"}
            plain = [
                [{k: v for k, v in item.items() if k not in own} for item in p["items"]] for p in (found, expected)
            ]
            assert plain[0] == plain[1]
            assert one.scalar(select(func.count()).select_from(reports)) == len(judged.reports.rows)
            assert clock_ms(one) == int(judged.reports.rows["received_ms"].max())


def _append_and_fail(store: Store) -> None:
    with store.writing() as connection:
        audit.append(connection, 1, "somebody", "something", "subject", {})
        raise ZeroDivisionError


def test_nothing_of_a_transaction_that_fails_is_kept(empty: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _append_and_fail(empty)
    with empty.reading() as connection:
        assert audit.verify(connection) == (0, audit.FIRST, "")


def test_many_at_once_make_one_chain(empty: Store) -> None:
    def write(number: int) -> None:
        for _ in range(5):
            with empty.writing() as connection:
                audit.append(connection, number, f"user{number}", "note", "incident:x", {"n": number})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with empty.reading() as connection:
        found = audit.verify(connection)
    assert (found.entries, found.fault) == (20, "")


@pytest.mark.parametrize("change", [update(audit_table).values(user="nobody"), delete(audit_table)])
def test_the_store_itself_refuses_to_change_the_audit_log(empty: Store, change: object) -> None:
    with empty.writing() as connection:
        audit.append(connection, 1, "somebody", "something", "subject", {})
    with pytest.raises(DBAPIError, match="append-only"), empty.writing() as connection:
        connection.execute(change)  # type: ignore[call-overload]  # one of two kinds of statement


def test_a_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "console.db"
    opened = open_store(str(path))
    with opened.writing() as connection:
        audit.append(connection, 1, "somebody", "something", "subject", {})
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    opened.close()
    assert set(modes.values()) == {0o600}
    assert len(modes) > 1, "the write-ahead log lies beside it"


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite:///:memory:", "sqlite://", "://"])
def test_an_address_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="store"):
        open_store(url)


def test_a_server_that_is_away_is_one_line_without_the_password() -> None:
    with pytest.raises(TransportError) as raised:
        open_store("postgresql://somebody:secret-word@127.0.0.1:1/console")
    assert "secret-word" not in str(raised.value)
    assert "\n" not in str(raised.value)


def _without(names: set[str], item: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in item.items() if name not in names}


def _incident(number: int) -> dict[str, Any]:
    words: dict[str, Any] = {
        "incident_id": f"{number:016x}",
        "shipment_id": f"S{number}",
        "seal_id": f"L{number % 5000}",
    }
    numbers = {"score": number * 7919 % 101, "weight": number % 2 + 1, "start_ms": 10_000 + number * 13 % 99_991}
    flags = {"open": False, "withdrawn": False, "suppressed": False, "queued": number % 3 != 0}
    rest = {"severity": ("warning", "critical")[number % 2], "kinds": ",speeding,", "alerts": 1, "search": f"s{number}"}
    times = {"detected_ms": number, "opened_ms": number, "updated_ms": number, "due_ms": number}
    unit = {"unit": f"unit {number % 20}", "status": "new" if number % 3 else "closed"}
    return words | numbers | flags | rest | times | unit


@pytest.fixture(scope="module", params=STORES)
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A hundred thousand incidents, in each sort of store."""
    with new_store(request, tmp_path_factory.mktemp("crowded")) as store:
        with store.writing() as connection:
            for start in range(0, 100_000, 10_000):
                connection.execute(insert(incidents), [_incident(number) for number in range(start, start + 10_000)])
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        yield store


@pytest.mark.parametrize("sort", ["score", "age", "start"])
@pytest.mark.parametrize("status", [(), ("all",)])
def test_a_page_of_a_hundred_thousand_is_read_from_an_index(crowded: Store, sort: str, status: tuple[str, ...]) -> None:
    wanted = Filter(sort=sort, status=status)
    query = ordered(wanted).where(conditions(everybody(), wanted)).limit(50)
    with crowded.reading() as connection:
        compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"{explain} {compiled}".replace("%", "%%")))
    assert "ix_incidents_" in plan
    assert "TEMP B-TREE" not in plan, plan
    assert "Sort" not in plan, plan


def test_pages_of_a_hundred_thousand_follow_one_another(crowded: Store) -> None:
    with crowded.reading() as connection:
        first, second = (page(connection, everybody(), Filter(), number, 50) for number in (1, 2))
        last = page(connection, everybody(), Filter(status=("all",)), 2_000, 50)
    scores = [item["score"] for item in first["items"] + second["items"]]
    assert scores == sorted(scores, reverse=True)
    assert len({item["incident_id"] for item in first["items"] + second["items"]}) == 100
    assert first["total"] == 66_666
    assert (last["total"], len(last["items"])) == (100_000, 50)


def test_versions_of_alerts_are_kept_once(store: Store) -> None:
    with store.reading() as connection:
        last = connection.scalar(select(func.count()).select_from(alerts).where(alerts.c.last))
        ids = connection.scalar(select(func.count(alerts.c.alert_id.distinct())))
        every = connection.scalar(select(func.count()).select_from(alerts))
    assert last == ids
    assert every is not None
    assert every > (ids or 0)
