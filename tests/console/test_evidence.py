"""The evidence pack proves itself, and shows when somebody touched it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from sealtrack.cli.main import app
from sealtrack.console.intake.files import Files, fill, read_files
from sealtrack.console.store import Store, open_store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import incidents
from sealtrack.settings import Console
from tests.console.people import DEMO, Caller, People, client_of

SHIPMENT = "TQ26-0006"
ROOT = Path(__file__).parents[2]


def pack_of(caller: Caller, shipment_id: str, to: Path) -> Path:
    """The pack of the shipment's gravest incident."""
    name = caller.get("/incidents", shipment=shipment_id, status="all")["items"][0]["incident_id"]
    answer = caller.ask("GET", f"/incidents/{name}/evidence.zip")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    path = to / f"{shipment_id}.zip"
    path.write_bytes(answer.content)
    return path


def check(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["evidence", "verify", str(path), *options])


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_pack_holds_what_the_judges_need(people: People, tmp_path: Path) -> None:
    analyst = people("analyst")
    name = analyst.get("/incidents", shipment=SHIPMENT)["items"][0]["incident_id"]
    analyst.post(f"/incidents/{name}/note", {"text": "Giá 5 $ <script>alert(1)</script>"})
    files = contents(pack_of(analyst, SHIPMENT, tmp_path))
    manifest = json.loads(files.pop("manifest.json"))
    assert set(manifest["files"]) == set(files)
    assert {"report.html", "report.pdf", "alerts.ndjson", "history.ndjson", "reports.ndjson", "audit.ndjson"} <= set(
        files
    )
    assert any(re.fullmatch(r"geofences/[0-9a-f]{12}/vietnam.geojson", name) for name in files)
    assert manifest["not_reproduced"] == []
    page = files["report.html"].decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    reasons, alerts = (re.findall(r"<tr>.*?</tr>", part, re.DOTALL)[1:] for part in page.split("<h2>")[2:4])
    assert all(re.search(r"<td>[^<]+ / [^<]+</td>", row) for row in reasons), "in both languages"
    assert all("Kéo dài / " in row and not re.search(r"[a-z]_[a-z]+: ", row) for row in alerts), "no names of fields"
    assert "Báo cáo sự cố" in page
    assert files["report.pdf"].startswith(b"%PDF-")
    report = json.loads(files["reports.ndjson"].splitlines()[0])
    assert {"topic", "partition", "offset", "time", "received"} <= set(report)
    assert [json.loads(line)["action"] for line in files["audit.ndjson"].splitlines()] == ["note"]


def test_every_incident_of_the_demo_is_judged_the_same_again(people: People, tmp_path: Path) -> None:
    analyst, supervisor = people("analyst"), people("supervisor")
    for item in analyst.get("/incidents", status="all", size=200)["items"]:
        pack = pack_of(analyst, item["shipment_id"], tmp_path)
        entry = supervisor.get("/audit", action="evidence")["items"][0]
        done = check(pack, "--sha256", json.loads(entry["detail"])["manifest_sha256"])
        assert done.exit_code == 0, f"{item['shipment_id']}: {done.stderr}"


@pytest.mark.parametrize("scenario", ["company", "other-eyes", "silences", "amended"])
def test_what_several_shipments_or_other_eyes_show_is_proven_too(scenario: str, tmp_path: Path) -> None:
    folder = ROOT / "replay" / "scenarios" / scenario
    own = folder / "geofences.geojson"
    seen = folder / "sightings.csv"
    files = Files(
        [next(folder.glob("feed.*"))],
        folder / "shipments.csv",
        [*DEMO.geofences, *([own] if own.exists() else [])],
        sightings=[seen] if seen.exists() else [],
    )
    store = open_store(str(tmp_path / "store.db"))
    judged, catalogue, policies, _ = read_files(files, lambda *_: None)
    fill(store, judged, catalogue, policies, files, Console())
    with client_of(store, Console()) as client:
        analyst = People(store, client)("analyst")
        items = analyst.get("/incidents", status="all", size=200)["items"]
        assert items
        for item in items:
            done = check(pack_of(analyst, item["shipment_id"], tmp_path))
            assert done.exit_code == 0, f"{item['shipment_id']}: {done.stderr}"
    store.close()


@pytest.fixture(scope="module")
def made(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the demo, made once."""
    folder = tmp_path_factory.mktemp("pack")
    shutil.copy(filled, folder / "console.db")
    store = open_store(str(folder / "console.db"))
    with client_of(store, Console()) as client:
        path = pack_of(People(store, client)("analyst"), SHIPMENT, folder)
    store.close()
    return path


@pytest.fixture
def pack(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path))


def test_each_file_that_was_changed_or_taken_away_is_named(pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    assert len(files) > 10
    for name in files:
        if name == "manifest.json":
            continue
        for content, told in ((files[name] + b"\n", "was changed"), (b"", "was changed"), (None, "is missing")):
            touched = {**files, name: content or b""} if content is not None else {**files}
            if content is None:
                del touched[name]
            if touched.get(name) == files[name]:
                continue  # it was empty
            done = check(write(tmp_path / "touched.zip", touched))
            assert done.exit_code == 1
            assert f"{name}: {told}" in done.stderr


def test_a_file_that_was_taken_away_or_added_is_named(pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    del files["report.html"]
    files["more.txt"] = b"x"
    done = check(write(tmp_path / "touched.zip", files))
    assert done.exit_code == 1
    assert "report.html: is missing" in done.stderr
    assert "more.txt: is not in the manifest" in done.stderr


def _forged(pack: Path, change: Callable[[dict[str, bytes]], None], to: Path) -> Path:
    """Changed, and the manifest made to agree."""
    files = contents(pack)
    change(files)
    manifest = json.loads(files["manifest.json"])
    for name, entry in manifest["files"].items():
        entry["sha256"] = hashlib.sha256(files[name]).hexdigest()
    files["manifest.json"] = json.dumps(manifest).encode()
    return write(to, files)


def test_a_forger_who_also_mends_the_manifest_is_found_by_the_engine(pack: Path, tmp_path: Path) -> None:
    def locked(files: dict[str, bytes]) -> None:
        files["reports.ndjson"] = files["reports.ndjson"].replace(b'"lock":"unlocked"', b'"lock":"locked"')

    done = check(_forged(pack, locked, tmp_path / "forged.zip"))
    assert done.exit_code == 1
    assert "seal_open" in done.stderr

    def milder(files: dict[str, bytes]) -> None:
        files["alerts.ndjson"] = files["alerts.ndjson"].replace(b'"severity":"critical"', b'"severity":"warning"')

    done = check(_forged(pack, milder, tmp_path / "forged.zip"))
    assert done.exit_code == 1
    assert "severity" in done.stderr


def test_a_forged_report_is_found_by_the_audit_log(pack: Path, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(contents(pack)["manifest.json"]).hexdigest()

    def nicer(files: dict[str, bytes]) -> None:
        files["report.html"] = b"nothing happened"

    forged = _forged(pack, nicer, tmp_path / "forged.zip")
    assert check(forged).exit_code == 0, "the report is no part of what the engine judges"
    done = check(forged, "--sha256", sha256)
    assert done.exit_code == 1
    assert "manifest.json" in done.stderr


def test_what_is_no_pack_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for path in (tmp_path / "text.zip", tmp_path / "absent.zip", write(tmp_path / "empty.zip", {"a": b""})):
        assert check(path).exit_code == 2
    climbing = write(tmp_path / "climbing.zip", {"manifest.json": b"{}", "geofences/../../x": b""})
    assert check(climbing).exit_code == 2


def test_a_name_with_a_path_in_it_makes_no_path(store: Store) -> None:
    evil = "../../etc/passwd\r\nX: y"
    with store.writing() as connection:
        connection.execute(update(incidents).where(incidents.c.shipment_id == "TQ26-0003").values(shipment_id=evil))
        connection.execute(update(shipments).where(shipments.c.shipment_id == "TQ26-0003").values(shipment_id=evil))
    with client_of(store, Console()) as client:
        analyst = People(store, client)("analyst")
        name = analyst.get("/incidents", shipment=evil)["items"][0]["incident_id"]
        header = analyst.ask("GET", f"/incidents/{name}/evidence.zip").headers["content-disposition"]
    assert "/" not in header
    assert len(header.splitlines()) == 1
