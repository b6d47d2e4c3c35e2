"""What the live records of shipments say besides the alerts: of which trips reports came beyond the horizon."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from sealtrack.console.access.users import User
from sealtrack.console.intake.passed_over import tell_passed_over
from sealtrack.console.scope import own_shipments
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import unjudged
from sealtrack.console.store.upsert import put
from sealtrack.io.ports import RecordBatch


class _Flag(msgspec.Struct):
    """The part of a `sealtrack.schema.FlagRecord` that no alert tells."""

    shipment_id: str
    readjudicate: bool = False
    late_reports: int = 0
    horizon_needed_s: int = 0


_NAMES = ("shipment_id", "late_reports", "horizon_needed_s")


def take_flags(connection: Connection, batch: RecordBatch) -> None:
    """The last record of a shipment counts; a null, or one that was judged whole, takes it off the list."""
    last: dict[str, _Flag] = {}
    for row, value in enumerate(batch.values):
        try:
            key = (batch.keys[row] or b"").decode(errors="replace")
            flag = _Flag(key) if value is None else msgspec.json.decode(value, type=_Flag)
        except msgspec.DecodeError as error:
            tell_passed_over(batch, int(batch.offsets[row]), f"is no flagged shipment: {error}")
            continue
        last[flag.shipment_id] = flag
    connection.execute(delete(unjudged).where(unjudged.c.shipment_id.in_(last)))
    rows = [{name: getattr(one, name) for name in _NAMES} for one in last.values() if one.readjudicate]
    put(connection, unjudged, rows)


def unjudged_part(connection: Connection, shipment_id: str) -> dict[str, int] | None:
    """How many reports of this shipment came too late, and which horizon takes them; None when it was judged whole."""
    row = connection.execute(select(unjudged).where(unjudged.c.shipment_id == shipment_id)).one_or_none()
    return None if row is None else {"late_reports": row.late_reports, "horizon_needed_s": row.horizon_needed_s}


def all_unjudged(connection: Connection, user: User) -> list[dict[str, Any]]:
    """Every trip to be judged again, with whose it is."""
    joined = select(unjudged, shipments.c.seal_id, shipments.c.unit).join(
        shipments, shipments.c.shipment_id == unjudged.c.shipment_id
    )
    found = connection.execute(joined.where(own_shipments(user)).order_by(unjudged.c.shipment_id))
    names = ("shipment_id", "seal_id", "unit", "late_reports", "horizon_needed_s")
    return [{name: getattr(row, name) for name in names} for row in found]
