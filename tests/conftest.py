"""Fixtures that several packages of tests share."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.broker import QUICK_BACK, Broker, BrokerUnavailableError
from tests.broker.worker import Worker

PROCESS_NEEDS = 3 << 30
"""Bytes: a process of pytest has a broker, perhaps another one, and two or three workers, or a browser."""

# kafka-python tells of each refused connection several times; what matters comes as an error of ours.
logging.getLogger("kafka").setLevel(logging.CRITICAL)

# No test is about time: on a busy machine an example may take as long as it takes.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """A command that runs inside a test has all loggers write to a stream that ends with it."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", "sealtrack", "kafka")}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings, which is no part of the repository."""
    named = os.environ.get("SEALTRACK_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}: set SEALTRACK_SHARED_DATA to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real Kafka broker, one a process of pytest; tests keep apart by the names of their topics and groups."""
    with new_broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def make_broker() -> Callable[[Path, str], Broker]:
    """Makes a broker with properties of the test's own; who starts it also ends it."""
    return new_broker


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker, not yet started, for a test that stops, freezes or kills it."""
    broker = new_broker(tmp_path, QUICK_BACK)
    yield broker
    broker.kill()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts workers, as `Worker.start` does, that do not outlive the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start_one(worker: Worker, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        running.append(worker.start(*arguments, **more))
        return running[-1]

    yield start_one
    for process in running:
        process.kill()
        process.wait()


def new_broker(folder: Path, properties: str = "") -> Broker:
    """A broker that can be started; without Java or Maven the test is skipped, in CI it fails."""
    try:
        return Broker(folder, properties)
    except BrokerUnavailableError as problem:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{problem} (CI must not skip the Kafka tests)")
        pytest.skip(str(problem))


def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto`: the tests of the service wait for brokers and workers half of their time."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(2 * (os.cpu_count() or 1), memory // PROCESS_NEEDS))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"broker", "own_broker", "make_broker"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.broker)
