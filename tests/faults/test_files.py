"""Files that cannot be read, and disks that are full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.broker.expect import assert_told_once, replayed, wait_until
from tests.broker.worker import PATIENCE_S, Worker
from tests.faults.scene import SCENARIO, Feed, Start, prepare, recover

_RIGHTS = "-dac_override,-dac_read_search"
WITHOUT_ROOTS_RIGHTS = ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}"]
"""Root may read every file, unless it is taken from it."""


@pytest.mark.parametrize("setting", ["SEALTRACK_SERVICE_GEOFENCES", "SEALTRACK_SERVICE_POLICY"])
@pytest.mark.parametrize("fault", ["missing", "a folder", "nonsense", "not permitted"])
def test_what_cannot_be_read_at_start_is_one_line(worker: Worker, tmp_path: Path, setting: str, fault: str) -> None:
    path = tmp_path / "given.geojson"
    if fault == "a folder":
        path.mkdir()
    elif fault == "nonsense":
        path.write_bytes(b"\xff\x00 nonsense")
    elif fault == "not permitted":
        path.write_text("{}")
        path.chmod(0)
    process = worker.start(through=WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 else (), **{setting: str(path)})
    assert process.wait(PATIENCE_S) == 2, worker.said()
    assert len(worker.said().splitlines()) == 1, worker.said()
    assert "given" in worker.said()


def test_a_full_disk_under_the_log_loses_nothing(worker: Worker) -> None:
    Feed(worker).go_on()
    command = [sys.executable, "-m", "sealtrack", "run", "--config", str(worker.config), "--until-end"]
    with Path("/dev/full").open("wb") as full:
        assert subprocess.run(command, stdout=full, stderr=full, check=False, timeout=PATIENCE_S).returncode == 0
    assert_told_once(worker.alerts(), replayed(SCENARIO))


def test_a_cache_of_compiled_code_that_cannot_be_written_is_done_without(worker: Worker) -> None:
    process = worker.start("--until-end", NUMBA_CACHE_DIR="/dev/full/cache")
    assert process.wait(PATIENCE_S) == 0, worker.said()


def test_the_brokers_disk_is_full(own_broker: Broker, tmp_path: Path, start: Start) -> None:
    own_broker.start()
    worker = prepare(own_broker, tmp_path)
    feed, process = Feed(worker), start(worker)
    feed.go_on(0.3)
    wait_until(worker.alerts, worker, process)
    process.send_signal(signal.SIGSTOP)
    feed.go_on(0.2)
    own_broker.fill_disk()
    process.send_signal(signal.SIGCONT)  # now there is something to write, however quick it was
    wait_until(lambda: "does not answer" in worker.said() or "undone" in worker.said(), worker, process)
    own_broker.kill()
    own_broker.start()
    recover(worker, feed, process)
