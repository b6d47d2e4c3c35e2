"""Minutes of faults on a real broker: two workers, a producer, and at the end the comparison with a replay.

    python -m benchmarks.soak --minutes 20

Prints what it did. Exit status 1: a reader of what is committed saw something else than the replay says, or twice.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from kafka import KafkaProducer

from benchmarks.soak_feed import Rounds
from sealtrack import geofence
from sealtrack.columns import concat
from sealtrack.differences import differences
from sealtrack.engine import Engine
from sealtrack.io.files import read_reports
from sealtrack.io.ports import Message
from sealtrack.replay import final
from sealtrack.schema import Alert, Shipment
from tests.broker import QUICK_BACK, Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, Watch, without_places
from tests.broker.feed import read_json
from tests.broker.proxy import Proxy
from tests.broker.worker import Worker

PARTITIONS = 4
CALM_S = 600.0
"""Longest wait for the workers to have judged everything after the last fault."""


class Soak:
    """One run."""

    def __init__(self, folder: Path, seed: int, rate: float, every_s: float) -> None:
        """`rate`: reports a second; `every_s`: mean time between two faults."""
        self._dice, self._rate, self._every_s = random.Random(seed), rate, every_s  # noqa: S311
        self.broker = Broker(folder, QUICK_BACK)
        self.network = Proxy(self.broker)
        self.broker.start()
        self.worker = Worker(self.broker, folder, GEOFENCES, poll_records=500, checkpoint_reports=4_000)
        self.worker.create_topics(PARTITIONS)
        rounds = Rounds(SCENARIOS / "haiphong-huunghi", self.worker.topics.positions, self._dice)
        self._rounds, self._messages, self._declared = rounds, rounds.messages(), -1
        self.sent: list[Message] = []
        self.shipments: list[Shipment] = []
        self.did: Counter[str] = Counter()
        self._acks = [self._produce()]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._broker_ill = False
        self._deck: list[str] = []
        """The faults that are next, the last one first."""
        self.most_mib = 0.0

    def run(self, minutes: float) -> None:
        """Feed and trouble the workers for so long, then let them finish."""
        began_s = time.monotonic()
        next_s = began_s + 12  # they start
        while time.monotonic() < began_s + 60 * minutes:
            self._feed(began_s)
            self._keep_running()
            now_s = time.monotonic()
            for due in [one for one in self._later if one[0] <= now_s]:
                self._later.remove(due)
                due[1]()
            if now_s >= next_s:
                next_s = now_s + self._every_s * self._dice.uniform(0.4, 1.6)
                self._do_harm()
            time.sleep(0.05)
        self._calm()

    def judge(self, folder: Path) -> list[str]:
        """What a reader saw otherwise than the replay says, in lines."""
        feed = folder / "sent.ndjson"
        with feed.open("wb") as file:
            for one in self.sent:
                report = msgspec.json.decode(one.value or b"") | {"received": one.timestamp_ms}
                file.write(msgspec.json.encode(report) + b"\n")
        expected, versions = self._expected(feed), self.worker.alerts()
        self.did["alert versions"], self.did["alerts"] = len(versions), len(expected)
        told: dict[str, list[int]] = {}
        for alert in versions:
            told.setdefault(alert.alert_id, []).append(alert.version)
        wrong = [f"alert {k}: versions {v}" for k, v in told.items() if v != list(range(1, len(v) + 1))]
        return wrong + [str(one) for one in differences(without_places(expected), without_places(versions))]

    def _expected(self, feed: Path) -> list[Alert]:
        """By the time that the lanes' clocks reached: while nothing came, it passed for them."""
        digests = read_json(self.broker.bootstrap, self.worker.topics.digests)
        engine = Engine(geofence.load(GEOFENCES))
        history, _ = engine.register(self.shipments)
        reports = concat([batch for batch, _ in read_reports(feed)])
        history += engine.process(reports.take(reports.rows["received_ms"].argsort(kind="stable")))
        return final(history + engine.process(reports[:0], max(one.get("clock_ms", 0) for one in digests)))

    def close(self) -> None:
        """End all processes."""
        for process in self._running.values():
            process.kill()
            process.wait()
        self.network.mend()
        self.broker.kill()

    def _produce(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self.broker.bootstrap, acks="all", enable_idempotence=True, delivery_timeout_ms=300_000
        )

    def _feed(self, began_s: float) -> None:
        if self._broker_ill:
            return
        while len(self.sent) < self._rate * (time.monotonic() - began_s):
            number, message = next(self._messages)
            if number > self._declared:
                self._declared = number
                self.shipments += self.worker.declare(self._rounds.shipments(number))
            self._acks[0].send(message.topic, message.value, message.key, timestamp_ms=message.timestamp_ms)
            self.sent.append(message)

    def _keep_running(self) -> None:
        for name, process in list(self._running.items()):
            code = process.poll()
            with suppress(OSError):
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak_kib = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
                self.most_mib = max(self.most_mib, int(peak_kib) / 1024)
            if code is not None:
                if code not in (0, -signal.SIGKILL):
                    self.did[f"worker ended by itself with {code}"] += 1
                del self._running[name]
        for name, where in {"one": self.network.bootstrap, "two": self.broker.bootstrap}.items():
            if name not in self._running:
                self._start(name, where)

    def _start(self, name: str, where: str) -> None:
        instance = {"SEALTRACK_KAFKA_INSTANCE": name, "SEALTRACK_KAFKA_BOOTSTRAP": where}
        self._running[name] = self.worker.start(log=f"{name}.txt", **instance)

    def _do_harm(self) -> None:
        kinds = {
            "worker killed": self._kill,
            "worker frozen": self._freeze,
            "worker more for a while": self._one_more,
            "poison": self._poison,
            "network cut": self._cut,
            "broker killed": self._kill_broker,
            "broker frozen": self._freeze_broker,
        }
        if self._broker_ill:
            return
        if not self._deck:  # each before one comes again: a short run has several, too
            self._deck = self._dice.sample(list(kinds), len(kinds))
        what = self._deck.pop()
        if what == "network cut" and self.network.is_cut:
            return
        self.did[what] += 1
        print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)
        kinds[what]()

    def _undo(self, after_s: float, how: Callable[[], object]) -> None:
        self._later.append((time.monotonic() + after_s, how))

    def _kill(self) -> None:
        self._running[self._dice.choice(["one", "two"])].kill()

    def _freeze(self) -> None:
        process = self._running[self._dice.choice(["one", "two"])]
        process.send_signal(signal.SIGSTOP)
        self._undo(self._dice.uniform(1, 12), lambda: process.send_signal(signal.SIGCONT))

    def _one_more(self) -> None:
        self._start("more", self.broker.bootstrap)
        process = self._running["more"]
        self._undo(self._dice.uniform(8, 20), process.terminate)

    def _poison(self) -> None:
        for _ in range(self._dice.randrange(1, 50)):
            garbage = self._dice.randbytes(self._dice.randrange(200))
            self._acks[0].send(self.worker.topics.positions, garbage, garbage[:4])

    def _cut(self) -> None:
        self.network.cut()
        self._undo(self._dice.uniform(1, 12), self.network.mend)

    def _kill_broker(self) -> None:
        self._acks[0].flush()
        self.broker.kill()
        self.broker.start()

    def _freeze_broker(self) -> None:
        self.broker.pause()
        self._broker_ill = True
        self._undo(self._dice.uniform(1, 9), self._thaw_broker)

    def _thaw_broker(self) -> None:
        self.broker.resume()
        self._broker_ill = False

    def _calm(self) -> None:
        for _, how in self._later:
            how()
        self.network.mend()
        self._acks[0].flush()
        watch = Watch(self.worker)
        patience_s = time.monotonic() + CALM_S
        while watch.lag() and time.monotonic() < patience_s:
            self._keep_running()
            time.sleep(0.2)
        self.did["records left unjudged"] = watch.lag()
        watch.close()
        for process in self._running.values():
            process.terminate()
        codes = [process.wait() for process in self._running.values()]
        if any(codes):
            self.did["workers that did not end in order"] = sum(map(bool, codes))
        self._running.clear()
        self.worker.run_until_end()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print what happened."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=100.0, help="reports a second")
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two faults, on average")
    parser.add_argument("--keep", type=Path, help="folder for logs and data, kept")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        soak = Soak(folder, given.seed, given.rate, given.every)
        try:
            soak.run(given.minutes)
            wrong = soak.judge(folder)
        finally:
            soak.close()
    for what, count in sorted(soak.did.items()):
        print(f"{count:>9,}  {what}")
    print(f"{len(soak.sent):>9,}  reports of {len(soak.shipments)} shipments")
    print(f"{soak.most_mib:>9,.0f}  MiB of memory, the most that a worker had")
    print("\n".join(wrong[:20]) if wrong else "Each version was read once, and the last ones are what the replay says.")
    return 1 if wrong or soak.did["records left unjudged"] else 0


if __name__ == "__main__":
    sys.exit(main())
