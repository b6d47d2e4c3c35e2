"""A store that an older sealtrack made is taken over with everything in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, select

from sealtrack.console import audit
from sealtrack.console.access import passwords
from sealtrack.console.access.users import find_user, password_of
from sealtrack.console.store import open_store
from sealtrack.console.store.migrate import config
from sealtrack.console.store.tables import metadata
from sealtrack.console.store.tables.judged import incident_alerts, incidents
from sealtrack.console.store.tables.people import users
from sealtrack.console.store.tables.worked import decisions
from tests.console.stores import STORES, new_url

_USER = {
    "user": "an", "name": "Đặng Thị An", "role": "supervisor", "must_change": False, "active": True, "language": "en",
    "created_ms": 1,
}  # fmt: skip
_INCIDENT: dict[str, Any] = {
    "incident_id": "a" * 16, "shipment_id": "S1", "seal_id": "L1", "score": 50, "severity": "critical", "weight": 2,
    "kinds": ",seal_open,", "start_ms": 5, "open": True, "alerts": 1, "detected_ms": 6, "opened_ms": 7, "updated_ms": 7,
    "unit": "Đội 2", "search": "s1", "status": "new", "due_ms": 9, "withdrawn": False, "suppressed": False,
    "queued": True,
}  # fmt: skip


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url(request, tmp_path)


def test_a_store_of_the_first_version_keeps_people_decisions_and_log(url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection, connection.begin():
        command.upgrade(config(connection), "0001")
        connection.execute(users.insert().values(_USER | {"password": passwords.hashed("a password of mine")}))
        number = connection.execute(incidents.insert().values(_INCIDENT).returning(incidents.c.id)).scalar_one()
        connection.execute(incident_alerts.insert().values(alert_id="a" * 16, incident=number))
        said = {"alert_id": "a" * 16, "at_ms": 8, "user": "an", "action": "note", "text": "Đã gọi lái xe"}
        connection.execute(decisions.insert().values(said | {"incident": number}))
        audit.append(connection, 8, "an", "note", f"incident:{'a' * 16}", {"text": said["text"]})
        head = audit.verify(connection).head
        assert "attempts" not in inspect(connection).get_table_names()
    engine.dispose()
    store = open_store(url)
    with store.reading() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
        found = find_user(connection, "an")
        assert found
        assert (found.name, found.language) == ("Đặng Thị An", "en")
        assert passwords.matches("a password of mine", password_of(connection, "an"))
        assert connection.scalars(select(decisions.c.text)).all() == ["Đã gọi lái xe"]
        assert audit.verify(connection) == (1, head, "")
        assert connection.execute(select(incidents.c.incident_id, incidents.c.revision)).all() == [("a" * 16, 0)]
    store.close()
    open_store(url).close()  # a second time there is nothing to do
