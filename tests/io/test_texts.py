"""A column of byte strings is what a list of them is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.io.ports import RecordBatch
from sealtrack.io.texts import PADDING, Texts

VALUES = st.lists(st.one_of(st.none(), st.binary(max_size=9)), max_size=12)


@given(VALUES)
def test_what_goes_in_comes_out(values: list[bytes | None]) -> None:
    texts = Texts.of(values)
    assert list(texts) == values
    assert [texts[i] for i in range(len(texts))] == values
    assert texts.text.endswith(bytes(PADDING))
    assert Texts.of(texts) is texts


@given(VALUES, st.data())
def test_some_of_them(values: list[bytes | None], data: st.DataObject) -> None:
    texts = Texts.of(values)
    where = data.draw(st.lists(st.integers(0, len(values) - 1))) if values else []
    assert list(texts.take(np.array(where, np.intp))) == [values[at] for at in where]
    assert list(texts[1:-1]) == values[1:-1]
    zeros = np.zeros(len(values), np.int64)
    listed, columns = (RecordBatch("t", 0, zeros, zeros, one, one) for one in (values, texts))
    for batch in (listed.take(where), columns.take(where)):
        assert list(batch.values) == list(batch.keys) == [values[at] for at in where]
