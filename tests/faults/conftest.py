"""Fixtures of the fault tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.broker.expect import Watch
from tests.broker.worker import Worker
from tests.faults.scene import prepare


@pytest.fixture
def worker(broker: Broker, tmp_path: Path) -> Worker:
    """A service whose topics and shipments are there."""
    return prepare(broker, tmp_path)


@pytest.fixture
def watch(worker: Worker) -> Iterator[Watch]:
    """Looks at it from outside."""
    watch = Watch(worker)
    yield watch
    watch.close()
