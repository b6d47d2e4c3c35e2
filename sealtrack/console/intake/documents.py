"""Geofence and policy files as they are used, kept so that an evidence pack can show and re-run them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, select

from sealtrack import geofence, policy_file
from sealtrack.console.store.tables.declared import documents
from sealtrack.console.store.tables.heard import facts
from sealtrack.console.store.upsert import insert_new, put
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies


def keep_geofences(connection: Connection, catalogue: Catalogue, paths: Sequence[Path], at_ms: int) -> None:
    """The files in these paths are what the catalogue was read from, and are in use from now on."""
    from sealtrack.geofence.read import SUFFIXES  # noqa: PLC0415 - slow, and not needed for a store that has them

    files = [
        file
        for path in paths
        for file in (sorted(one for one in path.iterdir() if one.suffix in SUFFIXES) if path.is_dir() else [path])
    ]
    _keep(connection, "geofences", catalogue.sha256, files, at_ms)


def keep_policy(connection: Connection, policies: Policies, path: Path | None, at_ms: int) -> None:
    """The thresholds in use from now on; without a file the defaults, which need none."""
    _keep(connection, "policy", policies.sha256(), [path] if path else [], at_ms)


def _keep(connection: Connection, topic: str, version: str, files: Sequence[Path], at_ms: int) -> None:
    rows = [
        {"topic": topic, "version": version, "name": name, "content": file.read_bytes(), "at_ms": at_ms}
        for file, name in zip(files, _names(files), strict=True)
    ]
    insert_new(connection, documents, rows)
    put(connection, facts, [{"name": topic, "value": version}])


def _names(files: Sequence[Path]) -> list[str]:
    """A plain name for each file; two of one name in different folders are told apart."""
    names: list[str] = []
    for file in files:
        again = file.name in names
        names.append(f"{hashlib.sha256(str(file).encode()).hexdigest()[:8]}-{file.name}" if again else file.name)
    return names


def in_use(connection: Connection, topic: str) -> dict[str, bytes]:
    """Name to content of the files in use: `geofences` or `policy`."""
    version = connection.scalar(select(facts.c.value).where(facts.c.name == topic))
    wanted = (documents.c.topic == topic, documents.c.version == version)
    found = connection.execute(select(documents.c.name, documents.c.content).where(*wanted).order_by(documents.c.name))
    return {row.name: bytes(row.content) for row in found}


def load_catalogue(connection: Connection) -> Catalogue | None:
    """The geofences in use; None where none were kept."""
    files = in_use(connection, "geofences")
    if not files:
        return None
    with TemporaryDirectory() as folder:
        return geofence.load(*write_all(files, Path(folder)))


def load_policies(connection: Connection) -> Policies:
    """The thresholds in use."""
    files = in_use(connection, "policy")
    with TemporaryDirectory() as folder:
        return policy_file.load(next(iter(write_all(files, Path(folder))), None))


def write_all(files: dict[str, bytes], folder: Path) -> list[Path]:
    """Write these files; returns their paths."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]
