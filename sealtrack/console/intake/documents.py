"""Geofence and policy files as they are used, kept so that an evidence pack can show and re-run them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, delete, func, select

from sealtrack import geofence, policy_file
from sealtrack.console.store.tables.declared import documents, editions
from sealtrack.console.store.tables.heard import facts
from sealtrack.console.store.upsert import insert_new, put
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.schema import NO_TIME

_MOST_POLICIES = 5
"""Earlier thresholds that are tried."""


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
    """The thresholds in use from now on; without a file the defaults, which an empty one says as well."""
    if path is not None:
        _keep(connection, "policy", policies.sha256(), [path], at_ms)
        return
    _keep_version(connection, "policy", policies.sha256(), {"defaults.toml": b""}, at_ms)
    put(connection, facts, [{"name": "policy", "value": policies.sha256()}])


def _keep(connection: Connection, topic: str, version: str, files: Sequence[Path], at_ms: int) -> None:
    contents = dict(zip(_names(files), [file.read_bytes() for file in files], strict=True))
    _keep_version(connection, topic, version, contents, at_ms)
    put(connection, facts, [{"name": topic, "value": version}])


def _keep_version(connection: Connection, topic: str, version: str, files: dict[str, bytes], at_ms: int) -> None:
    """The first files that meant this are kept: others that mean the same would stand beside them."""
    if not files_of(connection, topic, version):
        same = {"topic": topic, "version": version, "at_ms": at_ms}
        insert_new(connection, documents, [same | {"name": name, "content": files[name]} for name in files])


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
    return files_of(connection, topic, version) if version else {}


def files_of(connection: Connection, topic: str, version: str) -> dict[str, bytes]:
    """Name to content of the files of a version, which need not be in use."""
    wanted = (documents.c.topic == topic, documents.c.version == version)
    found = connection.execute(select(documents.c.name, documents.c.content).where(*wanted).order_by(documents.c.name))
    return {row.name: bytes(row.content) for row in found}


def keep_edition(connection: Connection, key: str, text: bytes, catalogue: Catalogue, from_ms: int) -> None:
    """A record of the topic of geofences: what it holds is in force for what departs from `from_ms` on."""
    _keep_version(connection, "geofences", catalogue.sha256, {"geofences.geojson": text}, from_ms)
    put(connection, editions, [{"key": key, "version": catalogue.sha256, "from_ms": from_ms}])


def forget_edition(connection: Connection, key: str) -> None:
    """A null deletes the edition of this key, but never the last one: as the service does."""
    if any(other != key for other in connection.scalars(select(editions.c.key))):
        connection.execute(delete(editions).where(editions.c.key == key))


def editions_in_use(connection: Connection) -> list[tuple[int, str]]:
    """(since when, version) of the geofences, by time: those of the topic, without one the files that were given."""
    ordered = select(editions.c.from_ms, editions.c.version).order_by(editions.c.from_ms, editions.c.version)
    found = [(row.from_ms, row.version) for row in connection.execute(ordered)]
    version = connection.scalar(select(facts.c.value).where(facts.c.name == "geofences"))
    return found or ([(NO_TIME, version)] if version else [])


def load_catalogue(connection: Connection, version: str) -> Catalogue:
    """The geofences of a version that `editions_in_use` names."""
    with TemporaryDirectory() as folder:
        return geofence.load(*write_all(files_of(connection, "geofences", version), Path(folder)))


def load_policies(connection: Connection) -> Policies:
    """The thresholds in use."""
    files = in_use(connection, "policy")
    with TemporaryDirectory() as folder:
        return policy_file.load(next(iter(write_all(files, Path(folder))), None))


def earlier_policies(connection: Connection, in_use: Policies) -> Iterator[Policies]:
    """The thresholds before those in use, the last first: what is over was judged by them."""
    query = select(documents.c.version, func.max(documents.c.at_ms)).where(documents.c.topic == "policy")
    query = query.where(documents.c.version != in_use.sha256()).group_by(documents.c.version)
    for version, _ in connection.execute(query.order_by(func.max(documents.c.at_ms).desc()).limit(_MOST_POLICIES)):
        with TemporaryDirectory() as folder:
            yield policy_file.load(write_all(files_of(connection, "policy", version), Path(folder))[0])


def write_all(files: dict[str, bytes], folder: Path) -> list[Path]:
    """Write these files; returns their paths."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]
