"""What the next shift must know: what came, what was done, what waits."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection, select

from sealtrack.console.access.users import User
from sealtrack.console.intake.unjudged import all_unjudged
from sealtrack.console.queue import Filter, conditions, item, ordered
from sealtrack.console.scope import own_incidents
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.store.tables.worked import decisions, maintenance
from sealtrack.console.suppress import active
from sealtrack.console.times import shown

MOST = 200


def handover(connection: Connection, user: User, from_ms: int, to_ms: int) -> dict[str, Any]:
    """The report of a shift: incidents that came, decisions, what is still open (the gravest first), notes."""
    own = own_incidents(user)
    came = connection.execute(select(incidents).where(own, incidents.c.opened_ms.between(from_ms, to_ms - 1))).all()
    done = connection.execute(
        select(decisions, incidents.c.incident_id, incidents.c.shipment_id)
        .join(incidents, incidents.c.id == decisions.c.incident)
        .where(own, decisions.c.at_ms.between(from_ms, to_ms - 1))
        .order_by(decisions.c.at_ms)
    ).all()
    waiting = connection.execute(ordered(Filter()).where(conditions(user, Filter())).limit(MOST)).all()
    opened = select(maintenance).where(maintenance.c.closed_ms.is_(None))
    return {
        "from": shown(from_ms),
        "to": shown(to_ms),
        "came": {"total": len(came), "by_severity": Counter(row.severity for row in came)},
        "answered": sum(row.responded_ms is not None for row in came),
        "actions": Counter(row.action for row in done),
        "verdicts": Counter(row.verdict for row in done if row.action == "verdict"),
        "by_user": Counter(row.user for row in done if row.user),
        "notes": [_told(row) for row in done if row.text],
        "escalated": [item(row) for row in waiting if row.status == "escalated"],
        "asked_to_close": [item(row) for row in waiting if row.closing_by],
        "open": [item(row) for row in waiting],
        "unjudged": all_unjudged(connection, user),
        "suppressions": len(active(connection, to_ms)) if not user.units else None,
        "maintenance": len(connection.execute(opened).all()) if not user.units else None,
    }


def _told(row: Any) -> dict[str, Any]:
    names = ("incident_id", "shipment_id", "user", "action", "text")
    return {"at": shown(row.at_ms), **{name: getattr(row, name) for name in names}}
