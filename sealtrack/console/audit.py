"""The audit log: append-only, each entry chained to the one before by SHA-256 over canonical JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from sealtrack.console.store.tables.worked import audit, audit_head

FIRST = "0" * 64
"""What stands before the first entry."""
_canonical = msgspec.json.Encoder(order="deterministic")


class Verdict(NamedTuple):
    """What `verify` found."""

    entries: int
    head: str
    """Hash of the newest entry. Kept elsewhere, it also proves that nothing was cut off the end."""
    fault: str
    """Where the chain breaks, in a sentence; "" where it holds."""


def append(
    connection: Connection, at_ms: int, user: str, action: str, subject: str, detail: Mapping[str, Any]
) -> dict[str, Any]:
    """Add an entry, in the transaction of what it tells. `user` "" is the console itself."""
    # Everybody who appends waits here for the one before: the chain has no forks.
    head = connection.execute(select(audit_head).with_for_update()).one()
    entry = {
        "seq": head.seq + 1,
        "at_ms": at_ms,
        "user": user,
        "action": action,
        "subject": subject,
        "detail": _canonical.encode(detail).decode(),
        "before": head.hash,
    }
    entry["hash"] = digest(entry)
    connection.execute(insert(audit).values(entry))
    connection.execute(update(audit_head).values(seq=entry["seq"], hash=entry["hash"]))
    return entry


def digest(entry: Mapping[str, Any]) -> str:
    """The hash of an entry: over everything in it but the hash itself."""
    content = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(_canonical.encode(content)).hexdigest()


def entries(connection: Connection) -> Iterator[dict[str, Any]]:
    """All entries, the oldest first."""
    query = select(audit).order_by(audit.c.seq)
    with connection.execute(query, execution_options={"yield_per": 1000}) as found:  # whoever stops half-way closes it
        for row in found.mappings():
            yield dict(row)


def verify(connection: Connection) -> Verdict:
    """Walk the chain: every entry must hash to what it says, follow the one before, and end at the head."""
    count, before = 0, FIRST
    for entry in entries(connection):
        if entry["seq"] != count + 1:
            return Verdict(count, before, f"entry {count + 1} is missing: entry {entry['seq']} follows {count}")
        if entry["before"] != before:
            return Verdict(count, before, f"entry {entry['seq']} does not follow the entry before it")
        if entry["hash"] != digest(entry):
            return Verdict(count, before, f"entry {entry['seq']} was changed: its content does not match its hash")
        count, before = entry["seq"], entry["hash"]
    head = connection.execute(select(audit_head)).one()
    if (head.seq, head.hash) != (count, before):
        return Verdict(count, before, f"the log ends at entry {count}, but {head.seq} were written")
    return Verdict(count, before, "")


def holds(connection: Connection, digest: str) -> bool:
    """Whether an entry of this hash is in the log."""
    return connection.scalar(select(audit.c.seq).where(audit.c.hash == digest)) is not None


def head_of(connection: Connection) -> dict[str, Any]:
    """`{seq, hash}` of the newest entry."""
    head = connection.execute(select(audit_head)).one()
    return {"seq": head.seq, "hash": head.hash}
