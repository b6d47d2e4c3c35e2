"""`sealtrack console` as somebody starts it: one command, a one-time password, a page's news as they come."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from sealtrack.cli.main import app
from sealtrack.console.access.users import password_of
from sealtrack.console.store import Store


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """(process, address, one-time password) of a console on the demo's store."""
    path = str(store.engine.url.database)
    command = [sys.executable, "-m", "sealtrack", "console", "--store", path, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if "The console is at" in line:
            break
    password = re.search(r"one-time password (\S+)", said)
    address = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert password, said
    assert address, said
    yield process, address[0], password[1]
    process.kill()
    process.wait()
    process.stderr.close()


def test_first_login_news_and_the_end(served: tuple[subprocess.Popen[str], str, str], store: Store) -> None:
    process, address, password = served
    with store.reading() as connection:
        kept = password_of(connection, "admin")
    assert str(kept).startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106, for little memory"
    with httpx2.Client(base_url=f"{address}/api/v1", timeout=300) as client:
        assert client.get("/incidents").status_code == 401
        assert client.post("/login", json={"user": "admin", "password": password}).status_code == 204
        assert client.get("/incidents").json()["code"] == "password_change_needed"
        headers = {"X-CSRF-Token": client.get("/me").json()["csrf"]}
        new = {"old": password, "new": "a password of my own"}
        assert client.post("/password", json=new, headers=headers).status_code == 204
        headers = {"X-CSRF-Token": client.get("/me").json()["csrf"]}
        first = client.get("/incidents").json()["items"][0]
        with client.stream("GET", "/stream") as stream:
            events = _counts(stream)
            before = next(events)
            client.post(f"/incidents/{first['incident_id']}/acknowledge", headers=headers)
            after = next(events)
            assert after["new"] == before["new"] - 1
            assert after["open"] == before["open"]
            client.post("/logout", headers=headers)
            assert list(events) == [], "the stream ends with the session"
    process.send_signal(signal.SIGINT)
    assert process.wait(300) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def _counts(stream: httpx2.Response) -> Iterator[dict[str, int]]:
    event = ""
    for line in stream.iter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "data" and event == "counts":
            yield json.loads(value)


def test_a_port_that_is_taken_is_one_line(served: tuple[subprocess.Popen[str], str, str], store: Store) -> None:
    port = served[1].rpartition(":")[2]
    done = CliRunner().invoke(app, ["console", "--store", str(store.engine.url.database), "--port", port])
    assert done.exit_code == 2
    assert f"127.0.0.1:{port}" in done.stderr


def test_a_feed_without_shipments_is_a_usage_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["console", "--feed", "feed.csv", "--store", str(tmp_path / "x.db")])
    assert done.exit_code == 2
    assert "--shipments" in done.stderr
