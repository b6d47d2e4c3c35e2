"""Alive, ready, measured: what a worker tells over HTTP while it works on the broker inside this process."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping, Sequence

import pytest

from sealtrack.errors import UsageError
from sealtrack.io.memory import MemoryLanes, MemoryPublisher
from sealtrack.io.ports import Message, Outlook, Undone
from sealtrack.service import Monitor
from sealtrack.service.http import answering
from tests.broker.watched import get, page, samples
from tests.test_service import TOPICS, Bench


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


JOINED = Outlook(joined=True, answers=True, ends={})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def monitor(clock: Clock) -> Monitor:
    return Monitor(stuck_after_s=100, now_s=clock)


@pytest.fixture
def url(monitor: Monitor) -> Iterator[str]:
    with answering(monitor, "127.0.0.1:0") as url:
        yield url


def test_alive_while_the_loop_turns_and_while_it_waits_for_its_start(monitor: Monitor, clock: Clock, url: str) -> None:
    clock.now_s += 500
    assert page(f"{url}/healthz") == (200, {"alive": True, "turn_age_s": 0.0, "stuck_after_s": 100})
    monitor.turned(JOINED, {}, (), 0)
    clock.now_s += 99
    assert page(f"{url}/healthz")[0] == 200
    clock.now_s += 2
    code, answer = page(f"{url}/healthz")
    assert (code, answer["alive"], answer["turn_age_s"]) == (503, False, 101)
    monitor.turned(JOINED, {}, (), 0)
    assert page(f"{url}/healthz")[0] == 200


@pytest.mark.parametrize(
    ("outlook", "coming", "idle_s", "why"),
    [
        (JOINED, (), 0, None),
        (JOINED._replace(joined=False), (), 0, "group"),
        (JOINED._replace(answers=False), (), 0, "broker"),
        (JOINED, (2, 0), 0, "partitions 0, 2"),
        (JOINED, (), 16, "last turn was 16 s ago"),
    ],
)
def test_ready_when_nothing_stands_against_it(
    monitor: Monitor, clock: Clock, url: str, outlook: Outlook, coming: tuple[int, ...], idle_s: float, why: str | None
) -> None:
    assert page(f"{url}/readyz")[0] == 503  # before the first turn
    monitor.turned(outlook, {}, coming, 0)
    clock.now_s += idle_s
    code, answer = page(f"{url}/readyz")
    assert (code, answer["ready"]) == ((503, False) if why else (200, True))
    assert (why or "") in " ".join(answer["why"])
    assert len(answer["why"]) == (why is not None)


def test_only_what_is_there_is_answered(url: str) -> None:
    assert get(f"{url}/")[0] == 404
    assert "/metrics" in get(f"{url}/nothing")[1]


def test_a_client_that_says_nothing_sensible_harms_nobody(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    host, port = url.removeprefix("http://").split(":")
    for said in (b"", b"\r\n", b"\x16\x03\x01" * 20, b"POST /healthz HTTP/1.1\r\nContent-Length: 9\r\n\r\n"):
        with socket.create_connection((host, int(port)), 30) as client:
            client.sendall(said)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # hangs up rudely
    assert get(f"{url}/healthz")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_it_answers_at_an_address_of_ipv6_too(monitor: Monitor) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with answering(monitor, "[::1]:0") as url:
        assert url.startswith("http://[::1]:")
        assert get(f"{url}/healthz")[0] == 200


@pytest.mark.parametrize("address", ["203.0.113.1:1", "127.0.0.1:99999"])
def test_an_address_that_cannot_be_had_is_one_clear_line(address: str) -> None:
    with (
        pytest.raises(UsageError, match=r"service\.http = .*; choose another") as refusal,
        answering(Monitor(), address),
    ):
        pass
    assert "\n" not in str(refusal.value)


def test_metrics_say_what_was_read_judged_and_published() -> None:
    bench, monitor = Bench(), Monitor()
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 1)
    bench.report("seal-1", 2, lock="cut")
    bench.report("seal-1", -600, lock="cut")
    bench.say("seal-1", b"{broken")
    bench.say("seal-1", b"")
    bench.say("seal-1", b"[1]")
    bench.report("nobody", 2, lock="cut")
    with answering(monitor, "127.0.0.1:0") as url:
        bench.run(monitor=monitor)
        found = samples(url)
    letters = bench.read(TOPICS.dead_letter)
    rejected = {key[1]: value for key, value in found.items() if key[0] == "sealtrack_rejected_total"}
    assert rejected == dict.fromkeys(("not_json", "empty", "not_an_object"), 1)
    assert sum(rejected.values()) == len(letters)
    assert found["sealtrack_alerts_total", "seal_tamper", "critical"] == len(bench.read(TOPICS.alerts)) == 2
    assert found["sealtrack_records_total",] == 7
    assert found["sealtrack_reports_total",] == 4
    assert found["sealtrack_lanes",] == 3
    assert found["sealtrack_shipments_known",] == 1
    assert {found["sealtrack_lag_records", str(lane)] for lane in range(3)} == {0}
    assert found["sealtrack_recovery_seconds_count",] == 3
    assert found["sealtrack_transactions_total",] >= 1
    assert found["sealtrack_newest_report_age_seconds",] > 0


def test_what_was_undone_counts_as_undone_and_as_a_recovery_and_never_as_published() -> None:
    class FailsTwice(MemoryPublisher):
        attempts = 0

        def publish(self, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:
            self.attempts += 1
            if self.attempts in {2, 3}:
                raise Undone("no")
            super().publish(messages, offsets)

    bench, monitor = Bench(), Monitor()
    bench.ship("S1", "seal-1")
    for minute in range(12):
        bench.report("seal-1", minute, lock="cut")
    bench.run(monitor=monitor, publisher=FailsTwice, checkpoint_reports=3)
    with answering(monitor, "127.0.0.1:0") as url:
        found = samples(url)
    assert found["sealtrack_transactions_undone_total",] == 2
    assert found["sealtrack_alerts_total", "seal_tamper", "critical"] == len(bench.read(TOPICS.alerts)) == 12
    assert found["sealtrack_recovery_seconds_count",] > 3
    assert found["sealtrack_commit_seconds_count",] == found["sealtrack_transactions_total",] + 2
    sizes = {key[1]: value for key, value in found.items() if key[0] == "sealtrack_checkpoint_bytes"}
    assert sizes
    assert min(sizes.values()) > 0


def test_a_partition_that_went_is_told_of_no_more() -> None:
    monitor = Monitor()
    monitor.metrics.lag.labels(1).set(5)
    monitor.metrics.lag.labels(2).set(5)
    lanes = MemoryLanes(Bench().broker, TOPICS.positions)
    moved, _ = lanes.poll(0)
    monitor.moved(moved._replace(lost=frozenset({1})))
    assert [one.labels for one in next(iter(monitor.metrics.lag.collect())).samples] == [{"partition": "2"}]
    assert monitor.metrics.registry.get_sample_value("sealtrack_rebalances_total") == 1
