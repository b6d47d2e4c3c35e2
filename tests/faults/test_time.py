"""Silence is told though nothing comes, whatever stands still beside it."""

from __future__ import annotations

from kafka.partitioner.default import murmur2

from sealtrack import geofence
from sealtrack.engine import Engine
from sealtrack.io.files import read_reports, read_shipments
from sealtrack.io.ports import Message
from sealtrack.replay import final
from sealtrack.schema import Alert
from tests.broker.expect import GEOFENCES, SCENARIOS, wait_until
from tests.broker.feed import messages_in, produce
from tests.broker.worker import PATIENCE_S, Worker
from tests.faults.scene import SCENARIO, Start

MINUTE_MS = 60_000
FOLDER = SCENARIOS / SCENARIO


def losses(alerts: list[Alert]) -> list[tuple[str, int, int]]:
    return [(one.shipment_id, one.start, one.detected_at) for one in alerts if one.kind == "signal_loss"]


def lane_of(seal: str) -> int:
    return int(murmur2(seal.encode()) & 0x7FFFFFFF) % 3


def told_alone(seal: str, until_ms: int) -> list[Alert]:
    """What is said of a seal that falls silent then, ten minutes on and more."""
    engine = Engine(geofence.load(GEOFENCES))
    history, _ = engine.register([one for one in read_shipments(FOLDER / "shipments.csv")[0] if one.seal_id == seal])
    for reports, _ in read_reports(FOLDER / "feed.csv.gz"):
        rows = reports.rows
        mine = (rows["received_ms"] <= until_ms) & (rows["seal"] == reports.seals.index(seal))
        history += engine.process(reports.take(mine))
    return final(history + engine.process(reports[:0], until_ms + 60 * MINUTE_MS))


def test_a_seal_falls_silent_while_its_partition_and_all_others_are_idle(worker: Worker, start: Start) -> None:
    first, other = read_shipments(FOLDER / "shipments.csv")[0][0], None
    for shipment in read_shipments(FOLDER / "shipments.csv")[0]:
        if lane_of(shipment.seal_id) != lane_of(first.seal_id):
            other = shipment
            break
    assert other is not None
    until_ms = first.depart_at + 70 * MINUTE_MS
    [(_, _, due_ms)] = losses(told_alone(first.seal_id, until_ms))
    messages = list(messages_in(FOLDER / "feed.csv.gz", worker.topics.positions))
    mine = [one for one in messages if one.key == first.seal_id.encode() and (one.timestamp_ms or 0) <= until_ms]
    theirs = [one for one in messages if one.key == other.seal_id.encode()][:20]
    stamps = [due_ms - 3_000 - 30_000 * (len(theirs) - number) for number in range(1, len(theirs) + 1)]
    live: list[Message] = [one._replace(timestamp_ms=stamp) for one, stamp in zip(theirs, stamps, strict=True)]
    produce(worker.broker.bootstrap, [*mine, *live])  # the third partition stays empty, nothing comes any more
    process = start(worker)
    wait_until(lambda: any(one[0] == first.shipment_id for one in losses(worker.alerts())), worker, process)
    process.terminate()
    assert process.wait(PATIENCE_S) == 0, worker.said()
    found = [one for one in losses(worker.alerts()) if one[0] == first.shipment_id]
    assert found == losses(told_alone(first.seal_id, until_ms))
