"""kill -9 at random points, inside recoveries and transactions too."""

from __future__ import annotations

import random
from functools import partial

import pytest

from tests.broker.expect import Watch, wait_until
from tests.broker.worker import Worker
from tests.faults.scene import Feed, Start, end_with, has_lanes, has_written

TIMES, ROUNDS = 5, 10
ANONYMOUS_EVERY = 6
"""Most workers have a name of their own, and get the lanes of their predecessor at once; of the others the group must
first notice the death."""


@pytest.mark.parametrize("seed", range(TIMES))
def test_killed_at_random_points(worker: Worker, watch: Watch, start: Start, seed: int) -> None:
    feed, rng = Feed(worker), random.Random(seed)
    for number in range(ROUNDS):
        feed.go_on(1 / (ROUNDS + 1))
        log = f"{number}.txt"
        named = {} if number % ANONYMOUS_EVERY == ANONYMOUS_EVERY - 1 else {"SEALTRACK_KAFKA_INSTANCE": "one"}
        process = start(worker, log=log, **named)
        wait_until(partial(has_lanes, worker, log), worker, process)
        if rng.random() < 0.8:  # else it dies while it recovers
            wait_until(partial(has_written, watch, watch.written() + rng.randint(1, 40)), worker, process)
        process.kill()
        process.wait()
    end_with(worker, feed)
