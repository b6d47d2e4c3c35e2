"""Fills the store from the topics of a live service.

Each poll is one transaction of the store, with the offsets after it: a console that is killed goes on where its store
stands, and takes nothing twice. Records of transactions that the service undid are never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, delete, select

from sealtrack.columns import Reports
from sealtrack.console.clock import now_ms
from sealtrack.console.intake.alerts import take_alerts
from sealtrack.console.intake.declared import refresh_shipments, take_shipments, take_sightings
from sealtrack.console.intake.maps import take_editions
from sealtrack.console.intake.passed_over import tell_passed_over, tell_rejected
from sealtrack.console.intake.regroup import regroup
from sealtrack.console.intake.reports import take_reports
from sealtrack.console.intake.unjudged import take_flags
from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import shipment_records
from sealtrack.console.store.tables.heard import offsets
from sealtrack.console.store.upsert import put
from sealtrack.io.codecs import codec, decode_shipments, decode_sightings
from sealtrack.io.codecs.alerts import alert_of
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.io.codecs.shipments import record_named
from sealtrack.io.ports import RecordBatch, Source
from sealtrack.schema import NO_TIME, Alert
from sealtrack.settings import Settings

Starts = Mapping[tuple[str, int], int]


class TopicIntake:
    """Takes what the service publishes, and what it was published from."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        topics = settings.topics
        self._take: dict[str, Callable[[Connection, RecordBatch], None]] = {
            topics.geofences: take_editions,
            topics.shipments: self._shipments,
            topics.sightings: self._sightings,
            topics.positions: self._positions,
            topics.alerts: self._alerts,
            topics.flagged: take_flags,
        }
        self._codec = codec(settings.service.codec)

    @property
    def topics(self) -> list[str]:
        """Those that are read."""
        return list(self._take)

    def starts(self) -> dict[tuple[str, int], int]:
        """(topic, partition) to the offset of the first record that the store has not taken."""
        with self._store.reading() as connection:
            return _starts(connection)

    def run(self, source: Source, stop: Callable[[], bool], *, until_end: bool = False) -> None:
        """Take what comes until `stop()`, or with `until_end` until there is no more."""
        while not stop():
            batches = source.poll(self._settings.service.poll_timeout_s)
            if batches:
                self.take(batches)
            elif until_end and source.caught_up():
                return

    def take(self, batches: Sequence[RecordBatch]) -> None:
        """One poll, in one transaction: geofences first, then shipments, so that alerts find theirs."""
        order = self.topics
        with self._store.writing() as connection:
            known = _starts(connection)
            for batch in sorted(batches, key=lambda one: order.index(one.topic)):
                fresh = _after(batch, known.get((batch.topic, batch.partition), 0))
                if len(fresh):
                    self._take[batch.topic](connection, fresh)
            put(connection, offsets, [_position(batch, known) for batch in batches if len(batch)])

    def _shipments(self, connection: Connection, batch: RecordBatch) -> None:
        # In the order of the records: one that is deleted may be declared again.
        touched: list[str] = []
        for row in range(len(batch)):
            if batch.values[row] is None:
                touched += _forget(connection, batch.keys[row])
            else:
                found, rejected = decode_shipments(batch.take([row]))
                tell_rejected(rejected)
                touched += take_shipments(connection, found)
        regroup(connection, list(dict.fromkeys(touched)), self._settings.console, now_ms())

    def _sightings(self, connection: Connection, batch: RecordBatch) -> None:
        for row in range(len(batch)):
            found, rejected = decode_sightings(batch.take([row]))
            tell_rejected(rejected)
            offset = int(batch.offsets[row])
            take_sightings(connection, found.sightings, [(batch.partition, offset)] * len(found))

    def _positions(self, connection: Connection, batch: RecordBatch) -> None:
        reports, rejected = self._codec.decode_reports(batch)
        tell_rejected(rejected)
        reports.rows["partition"] = batch.partition
        take_reports(connection, Reports(reports.rows, reports.seals, reports.cards), {batch.partition: batch.topic})

    def _alerts(self, connection: Connection, batch: RecordBatch) -> None:
        found: list[Alert] = []
        for value, offset in zip(batch.values, batch.offsets.tolist(), strict=True):
            if value is None:
                continue
            try:
                found.append(alert_of(msgspec.json.decode(value, type=dict[str, object])))
            except (msgspec.DecodeError, FieldError) as error:
                tell_passed_over(batch, offset, f"is no alert: {error}")
        take_alerts(connection, found, self._settings.console, now_ms())


def _starts(connection: Connection) -> dict[tuple[str, int], int]:
    return {(row.topic, row.partition): row.next for row in connection.execute(select(offsets))}


def _after(batch: RecordBatch, start: int) -> RecordBatch:
    """The records that the store has not taken yet."""
    kept = [row for row, offset in enumerate(batch.offsets.tolist()) if offset >= start]
    return batch if len(kept) == len(batch) else batch.take(kept)


def _position(batch: RecordBatch, known: Starts) -> dict[str, object]:
    after = max(int(batch.offsets[-1]) + 1, known.get((batch.topic, batch.partition), 0))
    return {"topic": batch.topic, "partition": batch.partition, "next": after}


def _forget(connection: Connection, key: bytes | None) -> list[str]:
    """A null deletes the record that its key names. The shipment's alerts and decisions stay."""
    if key is None:
        return []
    table = shipment_records
    text = key.decode(errors="replace")
    known = set(connection.scalars(select(table.c.shipment_id).where(table.c.shipment_id == text)))
    shipment_id, amended_ms = record_named(text, known)
    where = (table.c.shipment_id == shipment_id, table.c.amended_ms == (NO_TIME if amended_ms is None else amended_ms))
    connection.execute(delete(table).where(*where))
    refresh_shipments(connection, [shipment_id])
    return [shipment_id]
