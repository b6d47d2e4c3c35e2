"""Reports of several partitions come out in one order of time."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.align import HOLD_S, Aligner
from sealtrack.columns import Reports, blank_rows
from sealtrack.io.ports import RecordBatch


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def add(aligner: Aligner, partition: int, start: int, stamps_ms: list[int]) -> None:
    n = len(stamps_ms)
    offsets, stamps = np.arange(start, start + n), np.array(stamps_ms, np.int64)
    rows = blank_rows(n)
    rows["partition"], rows["offset"], rows["received_ms"], rows["seal"] = partition, offsets, stamps, 0
    batch = RecordBatch("t", partition, offsets, stamps, [None] * n, [b""] * n)
    aligner.add(batch, Reports(rows, [f"seal-{partition}"]))


def times(reports: Reports) -> list[int]:
    return [int(ms) for ms in reports.rows["received_ms"]]


def test_with_nobody_behind_all_is_released_in_order() -> None:
    aligner = Aligner()
    add(aligner, 0, 0, [10, 30])
    add(aligner, 1, 5, [20, 40])
    reports, positions = aligner.release(set())
    assert times(reports) == [10, 20, 30, 40]
    assert [reports.seals[code] for code in reports.rows["seal"]] == ["seal-0", "seal-1"] * 2
    assert positions == {("t", 0): 2, ("t", 1): 7}
    assert not aligner


def test_a_partition_read_ahead_waits_for_one_behind_and_is_not_committed() -> None:
    aligner = Aligner()
    add(aligner, 0, 0, [10, 1000, 2000])
    add(aligner, 1, 0, [20, 20, 20])
    reports, positions = aligner.release({("t", 1)})
    assert times(reports) == [10, 20, 20, 20]
    assert positions == {("t", 0): 1, ("t", 1): 3}
    add(aligner, 1, 3, [1500])
    reports, positions = aligner.release(set())
    assert times(reports) == [1000, 1500, 2000]
    assert positions == {("t", 0): 3, ("t", 1): 4}


def test_a_partition_that_has_not_been_read_at_all_holds_the_others() -> None:
    aligner = Aligner()
    add(aligner, 0, 0, [10])
    reports, positions = aligner.release({("t", 1)})
    assert times(reports) == []
    assert positions == {("t", 0): 0}


def test_a_partition_out_of_reach_does_not_hold_the_others_for_long() -> None:
    clock = Clock()
    aligner = Aligner(clock)
    add(aligner, 0, 0, [10])
    assert times(aligner.release({("t", 1)})[0]) == []
    clock.now_s = HOLD_S
    assert times(aligner.release({("t", 1)})[0]) == [10]


@given(st.lists(st.lists(st.integers(0, 1000), min_size=1, max_size=30), min_size=1, max_size=4), st.integers(1, 7))
def test_any_batches_come_out_whole_and_in_one_order(stamps: list[list[int]], size: int) -> None:
    logs = [sorted(one) for one in stamps]
    aligner = Aligner()
    released: list[int] = []
    for start in range(0, max(map(len, logs)), size):
        for partition, log in enumerate(logs):
            if log[start : start + size]:
                add(aligner, partition, start, log[start : start + size])
        reports, positions = aligner.release({("t", p) for p, log in enumerate(logs) if len(log) > start + size})
        released += times(reports)
        assert sum(positions.values()) == len(released)
    assert released == sorted(chain.from_iterable(logs))
