"""Packs that somebody made to do harm: refused in a sentence, whatever they hold."""

from __future__ import annotations

import hashlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sealtrack.cli.main import app
from tests.console.test_evidence import contents, made, write

__all__ = ["made"]  # a fixture

Files = dict[str, bytes]


@pytest.fixture
def files(made: Path) -> Files:
    """Of a good pack."""
    return contents(made)


def check(path: Path) -> Result:
    """The command's result; whatever it was given, it ends by itself."""
    done = CliRunner().invoke(app, ["evidence", "verify", str(path)])
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert "Traceback" not in done.stderr
    return done


def mended(files: Files, to: Path) -> Path:
    """A zip whose manifest agrees with what is in it."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
        if name != "manifest.json"
    }
    return write(to, files | {"manifest.json": json.dumps(manifest).encode()})


def test_a_good_pack_is_good(files: Files, tmp_path: Path) -> None:
    assert check(mended(files, tmp_path / "good.zip")).exit_code == 0


@pytest.mark.parametrize(
    "name",
    [
        "../../x", "/etc/passwd", "geofences/../x", "geofences/..", "policy/..", "..", ".", "policy/../../x", "a\\b",
        "C:x", "geofences/0123456789ab/../x", "policy/a/b", "x\ny",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(files: Files, tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    done = check(mended(files | {name: b"x"}, inside / "evil.zip"))
    assert done.exit_code == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "evil.zip"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"{}")
        archive.writestr("a", bytes(10_000_000))
    data = bytearray(buffer.getvalue())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # says that `a` unpacks to 4 GB
        at = data.rindex(signature)
        data[at + offset : at + offset + 4] = struct.pack("<I", 0xFFFFFFF0)
    (tmp_path / "bomb.zip").write_bytes(data)
    done = check(tmp_path / "bomb.zip")
    assert done.exit_code == 2
    assert "unpacks to more" in done.stderr


def test_more_files_than_a_pack_can_have_are_refused(tmp_path: Path) -> None:
    done = check(write(tmp_path / "many.zip", {f"f{number}": b"" for number in range(5_000)}))
    assert done.exit_code == 2


def test_a_size_that_is_a_lie_is_found(files: Files, tmp_path: Path) -> None:
    data = bytearray(mended(files, tmp_path / "lie.zip").read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 5)
    (tmp_path / "lie.zip").write_bytes(data)
    assert check(tmp_path / "lie.zip").exit_code != 0


DEEP = b"[" * 200_000
FORGERIES: list[tuple[str, str, Callable[[bytes], bytes]]] = [
    ("deep manifest", "manifest.json", lambda _: DEEP),
    ("no geofences named", "manifest.json", lambda text: json.dumps(json.loads(text) | {"geofences": []}).encode()),
    ("a clock that is none", "manifest.json", lambda text: json.dumps(json.loads(text) | {"clock": "x"}).encode()),
    ("deep alerts", "alerts.ndjson", lambda _: DEEP),
    ("deep reports", "reports.ndjson", lambda _: DEEP),
    ("deep shipments", "shipments.ndjson", lambda _: DEEP),
    ("deep audit", "audit.ndjson", lambda _: DEEP),
    ("no reports", "reports.ndjson", lambda _: b""),
    ("no shipments", "shipments.ndjson", lambda _: b""),
    (
        "an offset beyond all numbers",
        "reports.ndjson",
        lambda text: text.replace(b'"offset":', b'"offset":9' + b"9" * 30),
    ),
    ("a partition below", "reports.ndjson", lambda text: text.replace(b'"partition":0', b'"partition":-9999999999')),
    ("a departure beyond", "shipments.ndjson", lambda text: text.replace(b'"depart_at":', b'"depart_at":9000000')),
    ("a shipment of another kind", "shipments.ndjson", lambda text: text.replace(b'"seal_id":"', b'"seal_id":["')),
    ("a year that is none", "reports.ndjson", lambda text: text.replace(b'"received":"2026', b'"received":"0000')),
]


@pytest.mark.parametrize(("name", "change"), [one[1:] for one in FORGERIES], ids=[one[0] for one in FORGERIES])
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    files: Files, tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    forged = files | {name: change(files[name])}
    assert forged[name] != files[name]
    path = tmp_path / "forged.zip"
    done = check(write(path, forged) if name == "manifest.json" else mended(forged, path))
    assert done.exit_code in (1, 2)
    assert len(done.stderr) < 20_000


@pytest.mark.parametrize("seed", range(8))
def test_a_pack_of_noise_ends_in_a_sentence(files: Files, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    name = chance.choice(["alerts.ndjson", "reports.ndjson", "shipments.ndjson", "audit.ndjson", "manifest.json"])
    content = bytearray(files[name] or b"\n")
    for _ in range(chance.randint(1, 5)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    forged = files | {name: bytes(content)}
    check(write(tmp_path / "noise.zip", forged) if name == "manifest.json" else mended(forged, tmp_path / "noise.zip"))
