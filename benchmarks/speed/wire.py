"""A real broker to published alerts, beside the peers on the same topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.speed.broker import PARTITIONS, Ran, publish, running_broker, watch_to_the_end, worker_on
from benchmarks.speed.feed import national
from benchmarks.speed.others import AbsentError, run_peer
from benchmarks.speed.row import Row, million
from replay.maker.feed import CATALOGUE, Spec
from sealtrack import geofence
from sealtrack.geofence import Catalogue
from tests.broker import Broker, BrokerUnavailableError
from tests.broker.worker import Worker

SHIPMENTS = 6_000
EACH = 600
PLAIN, QUIX = 200_000, 30_000
"""Records that the slower peers read."""
WHAT = "real broker to published alerts, one worker, JSON"
TARGET = "≥ 500,000 reports/s; ≥ 8× kafka-python + json + shapely, ≥ 4× quixstreams, ≥ 1× confluent-kafka consuming"
WHY = (
    "Broker, worker and peers share the two cores: broker and worker need 3 to 4 µs of processor time a report, "
    "and 4 are 0.5 M/s only if both cores never wait. Tried and kept: whole record batches from the client's fetcher "
    "(0.1 to 0.4 µs a record instead of 8), values scanned where they lie, those heard in one place told together, "
    "50,000 records a poll, checkpoints by cost while a backlog is read, a transaction committed beside the next "
    "judging, large pieces from the socket, a response copied twice instead of eight times, freed memory kept. A third "
    "of what is left is the engine's."
)
TIMES = {"plain": 8.0, "quix": 4.0, "confluent": 1.0}
NAMES = {"plain": "kafka-python + json + shapely", "quix": "quixstreams", "confluent": "confluent-kafka consuming"}


def to_alerts(scale: float) -> list[Row]:
    """One worker on a topic of four partitions, then the peers on it; all by the clock."""
    feed = national(SHIPMENTS, max(40, round(EACH * scale)))
    try:
        with running_broker() as broker:
            worker = worker_on(broker, "wire")
            publish(worker, feed)
            whole = len(feed.reports)
            ran = watch_to_the_end(worker)
            peers = _peers(broker, worker, geofence.load(CATALOGUE), whole, scale)
    except BrokerUnavailableError as problem:
        return [Row(WHAT, TARGET, f"not measured: {problem}", None)]
    return [_row(ran, peers)]


def _row(ran: Ran, peers: dict[str, dict[str, Any] | str]) -> Row:
    rate = ran.reports / ran.clock_s
    said = []
    met: bool | None = rate >= 500_000
    figures: dict[str, Any] = {"reports": ran.reports, "reports_per_s": rate}
    if ran.cpu_s:
        figures["cpu_us_per_report"] = 1e6 * ran.cpu_s / ran.reports
        said.append(f"{figures['cpu_us_per_report']:.1f} µs of processor time a report, all threads")
    for name, found in peers.items():
        if isinstance(found, str):
            said.append(f"{NAMES[name]}: {found}")
            met = None if met else met
            continue
        figures[name] = found["records"] / found["clock_s"]
        said.append(f"{NAMES[name]} {million(figures[name])} ({rate / figures[name]:.1f}×)")
        met = met and rate >= TIMES[name] * figures[name]
    return Row(WHAT, TARGET, f"{million(rate)} ({ran.reports:,} reports, {PARTITIONS} partitions; {'; '.join(said)})",
               met, figures, WHY)  # fmt: skip


def _peers(
    broker: Broker, worker: Worker, catalogue: Catalogue, whole: int, scale: float
) -> dict[str, dict[str, Any] | str]:
    """What each measured, or why there is nothing."""
    topic, out = worker.topics.positions, f"out-{worker.name}"
    broker.create_topics({out: 1})
    route = catalogue.route_ids.index(Spec(seed=0).route)
    r = catalogue.fences.routes[route]
    vertices = catalogue.fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
    line = vertices[["lon", "lat"]].tolist()
    rules = {"line": line, "half_width_m": float(r["half_width_m"]), "out": out}
    given = {"bootstrap": broker.bootstrap, "topic": topic}
    asked: dict[str, Callable[[], dict[str, Any]]] = {
        "confluent": lambda: run_peer(
            "confluent_consume", "confluent_kafka", **given, records=whole, group=f"c-{worker.name}"
        ),
        "plain": lambda: run_peer("plain_loop", "kafka", **given, **rules, records=round(PLAIN * min(1, 4 * scale))),
        "quix": lambda: run_peer(
            "quix_rules", "quixstreams", **given, **rules, records=round(QUIX * min(1, 4 * scale)),
            group=f"q-{worker.name}",
        ),
    }  # fmt: skip
    found: dict[str, dict[str, Any] | str] = {}
    for name, ask in asked.items():
        try:
            found[name] = ask()
        except AbsentError as problem:
            found[name] = str(problem)
    return found
