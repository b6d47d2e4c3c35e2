"""A producer that sends what it likes, on a real broker: it slows the service, and neither stops it nor fills it."""

from __future__ import annotations

import functools
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from kafka.partitioner.default import murmur2

from sealtrack.io.ports import Message
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, assert_told_once, most_memory_mb, replayed, wait_until
from tests.broker.feed import messages_in, producing, read_json
from tests.broker.worker import PATIENCE_S, Worker

SCENARIO = "late-burst"
MADE_UP_SEALS = 100_000
MOST_MORE_MB = 400
"""What the service may grow by. Everything that is sent together is several times as much once it is unpacked."""


def nonsense(dice: random.Random, ms: int) -> Iterator[bytes | None]:
    """Values that no gateway sends."""
    yield None
    yield dice.randbytes(dice.randrange(1, 2_000))
    yield b"[" * 100_000
    yield b'{"a":' * 100_000
    yield b'{"seal_id": "x", "time": ' + b"9" * 5_000 + b"}"
    yield b'{"seal_id": "x", "time": 1e400, "lat": -1e308, "lon": 1e999, "speed": NaN, "battery": -Infinity}'
    yield b'{"seal_id": "\xff\xfe\xc0\x80", "time": 1}'
    yield b'{"seal_id": "a\\u0000b\\ud800", "time": %d, "lat": 21, "lon": 106}' % ms
    yield b"\x00" * 10_000
    for time in (-(2**63), 2**63 - 1, 2**63, 2**64, 0, -1, ms):
        yield msgspec.json.encode({"seal_id": "clock", "time": time, "lat": 21.0, "lon": 106.0, "lock": "cut"})
    giant = "g" * 900_000
    yield msgspec.json.encode({"seal_id": giant, "time": ms})
    yield msgspec.json.encode({"seal_id": "x", "time": ms, "card": giant, "events": [giant[:9_000], "lock"]})
    yield msgspec.json.encode({giant: giant[:50_000], "seal_id": "x"})
    name = dice.randbytes(100).hex()
    events = [f"{name}-{number}" for number in range(500)]
    yield msgspec.json.encode({"seal_id": f"x{dice.randrange(9)}", "time": ms, "card": name * 4, "events": events})


def hostile(good: list[Message], topic: str) -> Iterator[Message]:
    """Stamped as the good ones around it: a broker that stamps records itself (LogAppendTime) would see to that."""
    dice = random.Random(7)
    keys = [b"", b"\x00\xff", b"k" * 10_000, *{one.key for one in good}]
    for number in range(20):
        ms = good[len(good) * number // 20].timestamp_ms or 0
        for value in nonsense(dice, ms):
            yield Message(topic, dice.choice(keys), value, ms)
    for number in range(MADE_UP_SEALS):
        ms = good[len(good) * number // MADE_UP_SEALS].timestamp_ms or 0
        seal, card = f"made-up-{dice.randrange(10**12)}-{number}", f"card-{number}" * 10
        report = {"seal_id": seal, "time": ms, "lat": 21.0, "lon": 106.0, "lock": "cut", "card": card}
        yield Message(topic, dice.choice(keys), msgspec.json.encode(report), ms)


def send(worker: Worker, messages: list[Message]) -> None:
    """In the order of their stamps, with headers, every tenth without a key."""
    ordered = sorted(messages, key=lambda one: one.timestamp_ms or 0)
    with producing(worker.broker.bootstrap, linger_ms=20) as producer:
        sent = []
        for number, one in enumerate(ordered):
            key = None if number % 10 == 0 and one.value and one.key[:2] != b"79" else one.key
            headers = [("h" * 100, b"\x00" * 100)] * (number % 3)
            sent.append(producer.send(one.topic, one.value, key, headers, timestamp_ms=one.timestamp_ms))
        for future in sent:
            future.get()  # type: ignore[no-untyped-call]


def test_a_hostile_producer_changes_nothing_for_the_shipments_under_way(
    broker: Broker, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # For a key of 10,000 bytes it takes milliseconds, and it is asked a hundred thousand times.
    monkeypatch.setattr("kafka.partitioner.default.murmur2", functools.cache(murmur2))
    worker = Worker(broker, tmp_path, GEOFENCES, checkpoint_reports=30_000, poll_records=5_000)
    worker.create_topics(2)
    worker.declare(SCENARIOS / SCENARIO / "shipments.csv")
    good = list(messages_in(SCENARIOS / SCENARIO / "feed.csv.gz", worker.topics.positions))
    third = len(good) // 3
    send(worker, good[:third])
    process = start(worker)
    wait_until(worker.alerts, worker, process)
    before_mb = most_memory_mb(process)
    rest = good[third:]
    send(worker, [*rest, *hostile(rest, worker.topics.positions)])
    expected = replayed(SCENARIO)
    wait_until(lambda: {one.alert_id for one in worker.alerts()} >= {one.alert_id for one in expected}, worker, process)
    more_mb = most_memory_mb(process) - before_mb
    process.terminate()
    assert process.wait(PATIENCE_S) == 0, worker.said()
    worker.run_until_end()
    assert_told_once(worker.alerts(), expected)
    reasons = {one["reason"] for one in read_json(broker.bootstrap, worker.topics.dead_letter)}
    assert reasons >= {"empty", "not_json", "not_utf8", "too_long", "missing"}
    assert more_mb < MOST_MORE_MB, f"{before_mb} MB and {more_mb} MB more"
    assert "Traceback" not in worker.said()
