"""Writes what a replay found: alerts, rows set aside, the map."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sealtrack.cli import talk
from sealtrack.errors import Rejected, TransportError, UsageError
from sealtrack.geofence import Catalogue
from sealtrack.replay import ReplayResult
from sealtrack.schema import Alert, Shipment


def alerts(found: Sequence[Alert], out: Path | None) -> None:
    """To a file by its suffix, or as NDJSON to stdout."""
    if out is None:
        from sealtrack.io.codecs import alert_json

        if sys.stdout is None:
            raise UsageError("stdout is closed: name a file with --out")
        sys.stdout.buffer.writelines(alert_json(alert) + b"\n" for alert in found)
        return
    from sealtrack.io.files import write_alerts

    write_alerts(out, found)
    talk.note(f"{len(found):,} alerts in {out}")


def rejected(rows: Sequence[Rejected], out: Path | None) -> None:
    """The first rows on stderr; all of them, as they came, to the dead-letter file."""
    talk.notes([str(row) for row in rows], "rows set aside")
    if out is None:
        if len(rows) > talk.LINES_SHOWN:
            talk.note("--dead-letter FILE keeps all of them with their reasons")
        return
    from sealtrack.io.codecs import rejected_json

    save(out, b"".join(rejected_json(row) + b"\n" for row in rows))


def draw(path: Path, result: ReplayResult, catalogue: Catalogue, shipments: Sequence[Shipment]) -> None:
    """The map of the replay."""
    from sealtrack.view import map_page

    save(path, map_page(result, catalogue, shipments).encode())
    talk.note(f"map in {path}; open it in any browser, it needs no network")


def make_folder(path: Path) -> None:
    """Make it where it does not exist."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TransportError(f"{path}: cannot make this folder ({error.strerror}); name another") from None


def save(path: Path, content: bytes) -> None:
    """Write a file; TransportError in one line if that fails."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise TransportError(f"{path}: cannot be written ({error.strerror}); check the folder and the disk") from None
