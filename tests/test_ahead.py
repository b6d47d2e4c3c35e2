"""What is decoded beside the judging is what would be decoded anyway."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from sealtrack.columns import Reports, concat
from sealtrack.errors import Rejected
from sealtrack.io.codecs import Codec
from sealtrack.io.ports import RecordBatch
from sealtrack.service.ahead import LEAST, Ahead


def batch(number: int, size: int = LEAST) -> RecordBatch:
    column = np.arange(size)
    return RecordBatch("t", number, column, column, [None] * size, [b"{}"] * size)


class Notes:
    """A codec that notes where it decoded what; partition 13 is bad luck."""

    def __init__(self) -> None:
        self.here: list[int] = []
        self.elsewhere: list[int] = []

    def decode(self, one: RecordBatch) -> tuple[Reports, list[Rejected]]:
        is_here = threading.current_thread() is threading.main_thread()
        (self.here if is_here else self.elsewhere).append(one.partition)
        if one.partition == 13:
            raise MemoryError
        return concat([]), [Rejected("t", one.partition, len(one), "", "", "", b"")]


def test_the_first_is_decoded_at_once_and_the_others_meanwhile_each_once() -> None:
    notes = Notes()
    ahead = Ahead(Codec("notes", notes.decode))
    batches = [batch(number) for number in range(4)]
    ahead.begin(batches)
    found = [ahead.codec.decode_reports(one)[1][0].partition for one in batches]
    assert found == [0, 1, 2, 3]
    assert (notes.here, notes.elsewhere) == ([0], [1, 2, 3])


def test_a_part_a_small_one_and_one_that_nobody_told_of_are_decoded_here() -> None:
    notes = Notes()
    ahead = Ahead(Codec("notes", notes.decode))
    whole, small = batch(1), batch(2, 10)
    ahead.begin([batch(0), whole, small])
    part = whole.take(range(5))
    assert ahead.codec.decode_reports(part)[1][0].offset == 5
    for one in (small, batch(7)):
        ahead.codec.decode_reports(one)
    assert notes.here == [1, 2, 7]
    ahead.begin([])
    ahead.codec.decode_reports(whole)
    assert notes.here == [1, 2, 7, 1]


def test_what_goes_wrong_is_told_where_it_is_asked_for() -> None:
    ahead = Ahead(Codec("notes", Notes().decode))
    bad = batch(13)
    ahead.begin([batch(0), bad])
    with pytest.raises(MemoryError):
        ahead.codec.decode_reports(bad)
