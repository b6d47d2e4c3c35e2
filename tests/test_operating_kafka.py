"""Operating the service: what it tells over HTTP agrees with what stands in the topics, on a real Kafka."""

from __future__ import annotations

import io
import logging
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sealtrack.errors import TransportError
from sealtrack.io.kafka import KafkaSource
from sealtrack.io.ports import Message
from sealtrack.service.logs import HIDDEN, log_to_stderr
from sealtrack.settings import Kafka, Secret
from tests.broker import Broker, free_ports
from tests.broker.expect import GEOFENCES, SCENARIOS, wait_until
from tests.broker.feed import produce, read_json
from tests.broker.watched import address, get, page, samples
from tests.broker.worker import PATIENCE_S, Worker

Start = Callable[..., subprocess.Popen[bytes]]
TOLD: dict[str, Any] = {"http": "127.0.0.1:0", "log_format": "json"}
PATIENT = {"session_timeout_s": 120, "transaction_timeout_s": 120}
"""On a busy machine, too, no worker is taken for dead and no transaction is undone: it counts what was done once."""
PASSWORD = "it's open sesame"  # noqa: S105 - opens a broker that lives for this test
POISON = [b"{broken", b"", b"[1]", b'{"seal_id": "7900000001", "time": "yesterday"}', b"\xff"]


def url_of(worker: Worker, process: subprocess.Popen[bytes], log: str = "") -> str:
    path = worker.folder / log if log else worker.log
    wait_until(lambda: address(path), worker, process)
    found = address(path)
    assert found is not None
    return found


def by(found: dict[tuple[str, ...], float], name: str) -> dict[tuple[str, ...], float]:
    return {labels: value for (key, *labels_), value in found.items() if key == name for labels in [tuple(labels_)]}


def test_metrics_agree_with_what_was_published(broker: Broker, tmp_path: Path, start: Start) -> None:
    worker = Worker(broker, tmp_path, GEOFENCES, PATIENT, **TOLD)
    worker.create_topics(3)
    worker.declare(SCENARIOS / "haiphong-huunghi" / "shipments.csv")
    count = worker.play(SCENARIOS / "haiphong-huunghi" / "feed.csv.gz")
    poison = [Message(worker.topics.positions, b"7900000001", one, 1_773_187_200_000) for one in POISON]
    produce(broker.bootstrap, poison)
    process = start(worker)
    url = url_of(worker, process)

    def is_done() -> bool:
        found = samples(url)
        lags = by(found, "sealtrack_lag_records")
        read = found["sealtrack_records_total",] == count + len(poison)
        return read and len(lags) == 3 and not any(lags.values()) and page(f"{url}/readyz")[0] == 200

    wait_until(is_done, worker, process)
    published: Counter[tuple[str, ...]] = Counter()

    def agrees() -> bool:  # time passes for an idle service: a silence may be told between the two looks
        published.clear()
        published.update((str(alert.kind), str(alert.severity)) for alert in worker.alerts())
        found = samples(url)
        done, told = found["sealtrack_commit_seconds_count",], found["sealtrack_transactions_total",]
        return done == told and by(found, "sealtrack_alerts_total") == published

    wait_until(agrees, worker, process)
    assert len(published) > 3
    found = samples(url)
    letters = Counter((one["reason"],) for one in read_json(broker.bootstrap, worker.topics.dead_letter))
    assert by(found, "sealtrack_rejected_total") == letters
    assert sum(letters.values()) == len(POISON)
    assert found["sealtrack_reports_total",] == count
    assert found["sealtrack_lanes",] == found["sealtrack_recovery_seconds_count",] == 3
    assert found["sealtrack_lanes_recovering",] == found["sealtrack_transactions_undone_total",] == 0
    assert found["sealtrack_transactions_total",] > 0
    assert found["sealtrack_broker_up",] == 1
    assert found["process_resident_memory_bytes",] > 1e7
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


def test_ready_only_with_its_broker_and_alive_all_the_time(own_broker: Broker, tmp_path: Path, start: Start) -> None:
    worker = Worker(own_broker, tmp_path, GEOFENCES, **TOLD)
    process = start(worker)
    url = url_of(worker, process)
    answers: list[int] = []

    def is_ready() -> bool:
        answers.append(page(f"{url}/healthz")[0])
        return page(f"{url}/readyz")[0] == 200

    assert not is_ready()
    own_broker.start()
    wait_until(is_ready, worker, process)
    assert page(f"{url}/readyz")[1]["recovering"] == []
    own_broker.kill()
    wait_until(lambda: not is_ready(), worker, process)
    assert page(f"{url}/readyz")[1]["why"]
    own_broker.start()
    wait_until(is_ready, worker, process)
    assert set(answers) == {200}
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


def test_each_worker_tells_of_its_own_partitions_and_forgets_those_that_went(
    broker: Broker, tmp_path: Path, start: Start
) -> None:
    worker = Worker(broker, tmp_path, GEOFENCES, PATIENT, **TOLD)
    worker.create_topics(4)
    worker.declare(SCENARIOS / "late-burst" / "shipments.csv")
    worker.play(SCENARIOS / "late-burst" / "feed.csv.gz")
    first = start(worker)
    one = url_of(worker, first)

    def told(url: str) -> set[str]:
        found = samples(url)
        for name in ("sealtrack_lanes", "sealtrack_lanes_recovering"):  # their sum is of two moments
            assert found[name,] <= 4
        return {labels[0] for labels in by(found, "sealtrack_lag_records")}

    every = {"0", "1", "2", "3"}
    wait_until(lambda: told(one) == every, worker, first)
    second = start(worker, log="second.txt")
    two = url_of(worker, second, "second.txt")
    wait_until(lambda: len(told(one)) == len(told(two)) == 2 and told(one) | told(two) == every, worker, first, second)
    before = samples(one)
    second.terminate()
    assert second.wait(PATIENCE_S) == 0
    wait_until(lambda: told(one) == every and page(f"{one}/readyz")[0] == 200, worker, first)
    after = samples(one)
    assert after["sealtrack_rebalances_total",] > before["sealtrack_rebalances_total",] > 1
    assert after["sealtrack_recovery_seconds_count",] >= before["sealtrack_recovery_seconds_count",] + 2


PROPERTIES = """
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},SECURE://127.0.0.1:{secure}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SECURE://127.0.0.1:{secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_PLAINTEXT
listener.name.secure.sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_duty="{password}";
"""


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory, make_broker: Callable[..., Broker]
) -> Iterator[tuple[Broker, str]]:
    """A broker that asks for a password, and where."""
    broker = make_broker(tmp_path_factory.mktemp("guarded"))
    (secure,) = free_ports(1)
    ports = {"plain": broker.port, "controller": broker.controller_port, "secure": secure}
    with (broker.folder / "server.properties").open("a", encoding="utf-8") as config:
        config.write(PROPERTIES.format(**ports, password=PASSWORD))
    with broker:
        yield broker, f"127.0.0.1:{secure}"


@pytest.mark.parametrize("given", [PASSWORD, "wrong-" + PASSWORD], ids=["right", "wrong"])
def test_no_password_in_log_error_or_metrics(
    guarded: tuple[Broker, str], tmp_path: Path, start: Start, given: str
) -> None:
    broker, secure = guarded
    worker = Worker(broker, tmp_path, GEOFENCES, log_level="debug", **TOLD)
    secret = tmp_path / "secret"
    secret.write_text(given, encoding="utf-8")
    environment = {
        "SEALTRACK_KAFKA_BOOTSTRAP": secure,
        "SEALTRACK_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "SEALTRACK_KAFKA_SASL_MECHANISM": "PLAIN",
        "SEALTRACK_KAFKA_SASL_USERNAME": "duty",
        "SEALTRACK_KAFKA_SASL_PASSWORD_FILE": str(secret),
        "SEALTRACK_KAFKA_START_TIMEOUT_S": "300",
    }
    process = start(worker, "--verbose", **environment)
    if given == PASSWORD:
        url = url_of(worker, process)
        wait_until(lambda: page(f"{url}/readyz")[0] == 200, worker, process)
        assert "sesame" not in get(f"{url}/metrics")[1] + get(f"{url}/readyz")[1]
        process.terminate()
    assert process.wait(PATIENCE_S) == (0 if given == PASSWORD else 2), worker.said()
    assert "sesame" not in worker.said()
    assert "Traceback" not in worker.said()


@pytest.mark.parametrize("given", [PASSWORD, "wrong-" + PASSWORD], ids=["right", "wrong"])
def test_no_password_even_where_the_kafka_client_logs_what_it_sends(guarded: tuple[Broker, str], given: str) -> None:
    root, kafka_log = logging.getLogger(), logging.getLogger("kafka")
    handlers, level = root.handlers[:], kafka_log.level
    stream = io.StringIO()
    kafka = Kafka(
        bootstrap=guarded[1],
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_username="duty",
        sasl_password=Secret(given),
        start_timeout_s=300,
    )
    log_to_stderr("text", "debug", secrets=[given], stream=stream)
    try:
        root.setLevel(logging.DEBUG)
        kafka_log.setLevel(logging.DEBUG)
        if given == PASSWORD:
            KafkaSource(kafka, ["nothing"]).close()
        else:
            with pytest.raises(TransportError) as refusal:
                KafkaSource(kafka, ["nothing"])
            assert "sesame" not in str(refusal.value)
    finally:
        root.handlers[:] = handlers
        root.setLevel(logging.WARNING)
        kafka_log.setLevel(level)
    assert "sesame" not in stream.getvalue()
    assert HIDDEN in stream.getvalue()  # or it was never written, and this test shows nothing
