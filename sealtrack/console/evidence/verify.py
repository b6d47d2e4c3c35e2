"""Proves a pack: every file is as the manifest says, and the engine comes to the same alerts again."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import msgspec

from sealtrack import geofence, policy_file
from sealtrack.console.audit import digest
from sealtrack.console.evidence.gather import Seen
from sealtrack.console.evidence.lines import reports_of
from sealtrack.console.evidence.names import ALERTS, AUDIT, FORMAT, MANIFEST, REPORTS, SHIPMENTS, SIGHTINGS, folder_of
from sealtrack.console.evidence.rerun import differences, rerun
from sealtrack.engine.atlas import Edition
from sealtrack.errors import InputError, SealtrackError
from sealtrack.io.codecs.alerts import alert_of
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.io.codecs.times import text_ms
from sealtrack.schema import NO_TIME, Alert, Shipment

LARGEST = 1_000_000_000
"""Bytes that a pack may unpack to: half a million reports take a fifth of it."""
_MOST_FILES = 1_000
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_NAME = re.compile(r"(geofences/[0-9a-f]{12}/|policy/)?(?!\.{1,2}$)[^/\\:\x00-\x1f]{1,200}")
_NEEDED = (ALERTS, REPORTS, SHIPMENTS, SIGHTINGS, AUDIT)


class Fences(msgspec.Struct):
    """Geofences that judged, and since when they were in force; null: from the start."""

    from_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Filed(msgspec.Struct):
    sha256: str
    bytes: int


class Manifest(msgspec.Struct):
    """What `pack.py` writes, as far as it is needed here."""

    format: int
    shipment_id: str
    incident_id: str
    clock: str
    geofences: Annotated[list[Fences], msgspec.Meta(min_length=1)]
    policy_sha256: str
    files: dict[str, Filed]
    not_reproduced: list[str]


class Proof(NamedTuple):
    """What `verify` found."""

    faults: list[str]
    """A line for each file or alert that is not as it was; none: the pack proves itself."""
    alerts: int
    sha256: str
    """Of the manifest: the audit log of the console that made the pack has it too."""


def verify(path: Path) -> Proof:
    """Check a pack. InputError if it is none, so that nothing can be checked."""
    files = _read(path)
    written = files.pop(MANIFEST, None)
    if written is None:
        raise InputError(f"{path}: has no {MANIFEST}: this is no evidence pack")
    sha256 = hashlib.sha256(written).hexdigest()
    try:
        manifest = msgspec.json.decode(written, type=Manifest)
    except _UNREADABLE as error:
        return Proof([f"{MANIFEST}: cannot be read: {error}"], 0, sha256)
    if manifest.format != FORMAT:
        raise InputError(f"{path}: has format {manifest.format}, this sealtrack reads {FORMAT}")
    faults = _changed(files, manifest) + _broken_audit(files.get(AUDIT, b""))
    if faults:
        return Proof(faults, 0, sha256)
    try:
        faults, count = _judge_again(files, manifest)
    except SealtrackError as error:
        return Proof([str(error)], 0, sha256)
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        # Only a forger writes records that are well-formed and cannot be meant.
        return Proof([f"what the pack holds cannot be judged: {error}"], 0, sha256)
    return Proof(faults, count, sha256)


def _read(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST:
                raise InputError(f"{path}: unpacks to more than {_MOST_FILES:,} files or {LARGEST:,} bytes")
            counted = Counter(entry.filename for entry in entries)
            wrong = [name for name, count in counted.items() if count > 1 or not _NAME.fullmatch(name)]
            if wrong:
                raise InputError(f"{path}: {wrong[0]!r} is no name of a file in a pack, or stands there twice")
            return {entry.filename: archive.read(entry) for entry in entries}
    # zipfile raises all of these for a damaged archive: an odd method or an encrypted member the last two.
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path}: cannot be read as a pack ({error}); it may be damaged") from None


def _changed(files: dict[str, bytes], manifest: Manifest) -> list[str]:
    told = [f"{name}: is missing" for name in {*manifest.files, *_NEEDED} if name not in files]
    told += [f"{name}: is not in the manifest" for name in files if name not in manifest.files]
    told += [
        f"{name}: was changed, it does not match its SHA-256"
        for name, content in files.items()
        if name in manifest.files and hashlib.sha256(content).hexdigest() != manifest.files[name].sha256
    ]
    return sorted(told)


def _broken_audit(content: bytes) -> list[str]:
    """Entries whose content does not match the hash that the log gave them."""
    told = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            entry = msgspec.json.decode(line, type=dict[str, Any])
            whole = entry.get("hash") == digest(entry)
        except _UNREADABLE:
            whole = False
        if not whole:
            told.append(f"audit.ndjson: entry in line {number} does not match its hash")
    return told


def _judge_again(files: dict[str, bytes], manifest: Manifest) -> tuple[list[str], int]:
    told = []
    editions = []
    with TemporaryDirectory() as folder:
        for number, named in enumerate(manifest.geofences):
            paths = _unpacked(files, folder_of(named.sha256), Path(folder) / str(number))
            if not paths:
                raise InputError(f"{folder_of(named.sha256)}: the manifest names these geofences, and there are none")
            editions.append(Edition(NO_TIME if named.from_ms is None else named.from_ms, geofence.load(*paths)))
            if editions[-1].catalogue.sha256 != named.sha256:
                told.append(f"{folder_of(named.sha256)}: are not the geofences that the manifest names")
        policies = policy_file.load(next(iter(_unpacked(files, "policy/", Path(folder) / "policy")), None))
    if policies.sha256() != manifest.policy_sha256:
        told.append("policy: is not the one that the manifest names")
    expected = _alerts(files[ALERTS])
    again = rerun(
        reports_of(files[REPORTS], REPORTS),
        _records(files[SHIPMENTS], Shipment, SHIPMENTS),
        _records(files[SIGHTINGS], Seen, SIGHTINGS),
        editions,
        policies,
        text_ms(manifest.clock),
    )
    found = [alert for alert in again if alert.shipment_id == manifest.shipment_id]
    told += [f"{ALERTS}: {line}" for line in differences(expected, found)]
    return told, len(expected)


def _unpacked(files: dict[str, bytes], folder: str, to: Path) -> list[Path]:
    paths = []
    to.mkdir()
    for name, content in files.items():
        if name.startswith(folder):
            paths.append(to / name.removeprefix(folder))
            paths[-1].write_bytes(content)
    return paths


def _alerts(content: bytes) -> list[Alert]:
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            found.append(alert_of(msgspec.json.decode(line, type=dict[str, Any])))
        except (*_UNREADABLE, FieldError) as error:
            raise InputError(f"{ALERTS}: line {number} is no alert: {error}") from None
    return found


def _records(content: bytes, kind: Any, name: str) -> list[Any]:
    try:
        return [msgspec.json.decode(line, type=kind) for line in content.splitlines()]
    except _UNREADABLE as error:
        raise InputError(f"{name}: {error}") from None
