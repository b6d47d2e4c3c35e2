"""From producing a report to reading its alert, committed, at a steady rate."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from kafka import KafkaConsumer

from benchmarks.speed.broker import running_broker, worker_on
from benchmarks.speed.others import AbsentError, start_peer
from benchmarks.speed.row import Row
from replay.maker.feed import CATALOGUE, Spec
from sealtrack import geofence
from sealtrack.io.ports import Message
from sealtrack.schema import Kind, Shipment
from tests.broker import Broker, BrokerUnavailableError
from tests.broker.feed import produce
from tests.broker.worker import PATIENCE_S, Worker

LIMIT_S = {2_000: 1.0, 50_000: 2.0}
SEALS = 4_000
FIRST = f"S{SEALS}"
WHAT = "produce to committed alert at 2,000 and at 50,000 reports/s"
TARGET = "p99 ≤ 1 s, ≤ 2 s"
WHY = (
    "Producer, broker, worker and reader share two cores. A fetch waits up to 0.1 s for a megabyte, a transaction "
    "takes what the broker takes; the rest is the queue before the worker when the machine is busy."
)


def to_alert(scale: float) -> list[Row]:
    """A cut rope every 20 ms among ordinary reports: how long until a `read_committed` reader has its alert."""
    said, met, figures = [], True, {}
    try:
        with running_broker() as broker:
            for rate, limit_s in LIMIT_S.items():
                waits_s = _waits(broker, rate, max(4.0, 20.0 * scale))
                p50, p95, p99 = np.percentile(waits_s, [50, 95, 99])
                met = met and bool(p99 <= limit_s)
                figures[str(rate)] = {"p50_s": p50, "p95_s": p95, "p99_s": p99, "alerts": len(waits_s)}
                said.append(f"{rate:,}/s: p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s ({len(waits_s)} alerts)")
    except (BrokerUnavailableError, AbsentError) as problem:
        return [Row(WHAT, TARGET, f"not measured: {problem}", None, why=WHY)]
    return [Row(WHAT, TARGET, "; ".join(said), met, figures, WHY)]


def _waits(broker: Broker, rate: int, seconds: float) -> list[float]:
    """Of each alert, in the order in which they came."""
    worker = worker_on(broker, f"rate-{rate}")
    start_ms = time.time_ns() // 1_000_000
    worker.declare(_declared(start_ms))
    process = worker.start(log="worker-0.txt")
    reader = KafkaConsumer(
        worker.topics.alerts, bootstrap_servers=broker.bootstrap, isolation_level="read_committed",
        auto_offset_reset="earliest", fetch_max_wait_ms=20,
    )  # fmt: skip
    told = worker.folder / "told.json"
    given = {"bootstrap": broker.bootstrap, "topic": worker.topics.positions, "rate": rate, "seals": SEALS}
    seen: dict[str, float] = {}
    running = [process]
    try:
        _cut_one(worker)
        _read(reader, seen, running, worker, lambda: FIRST in seen)
        # The first seconds, in which everybody gets up to speed, are not counted.
        begun = {"line": _line(), "seconds": seconds + 5, "told": str(told)}
        running.append(start_peer("confluent_pace", "confluent_kafka", **given, **begun))
        _read(reader, seen, running, worker, lambda: told.exists() and set(_told(told)) <= set(seen))
        sent = _told(told)
        first_s = min(sent.values()) + 5
        return [seen[seal] - sent_s for seal, sent_s in sent.items() if sent_s >= first_s]
    finally:
        reader.close()
        for one in running:
            one.kill()
            one.wait()


def _read(
    reader: KafkaConsumer, seen: dict[str, float], running: list[subprocess.Popen[bytes]], worker: Worker,
    is_done: Callable[[], bool],
) -> None:  # fmt: skip
    """Note when each seal's cut rope was told, until it is done."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not is_done():
        for records in reader.poll(20).values():
            now_s = time.time()
            for record in records:
                alert = msgspec.json.decode(record.value)
                if alert["kind"] == Kind.seal_tamper and alert["version"] == 1:
                    seen[alert["seal_id"]] = now_s
        if any(one.poll() for one in running) or time.monotonic() > give_up_s:
            raise RuntimeError(f"{len(seen)} alerts came: {worker.said('worker-0.txt')[-300:]}")


def _cut_one(worker: Worker) -> None:
    """A report that shows when the worker is at work."""
    now_ms = time.time_ns() // 1_000_000
    value = {"seal_id": FIRST, "time": now_ms, "lat": None, "lon": None, "lock": "locked", "events": ["rope_cut"]}
    produce(
        worker.broker.bootstrap, [Message(worker.topics.positions, FIRST.encode(), msgspec.json.encode(value), now_ms)]
    )


def _declared(start_ms: int) -> list[Shipment]:
    route = Spec(seed=0).route
    return [
        Shipment(
            shipment_id=f"T{n}",
            seal_id=f"S{n}",
            route_id=route,
            depart_at=start_ms - 600_000,
            arrive_by=start_ms + 86_400_000,
        )
        for n in range(SEALS + 1)
    ]


def _line() -> list[list[float]]:
    """(lat, lon) along the route."""
    catalogue = geofence.load(CATALOGUE)
    r = catalogue.fences.routes[catalogue.route_ids.index(Spec(seed=0).route)]
    vertices = catalogue.fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
    found: list[list[float]] = vertices[["lat", "lon"]].tolist()
    return found


def _told(path: Path) -> dict[str, float]:
    """When each rope was cut, once the producer is done; before that nothing."""
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    return found
