"""Small builders, so that the tests read as stories."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sealtrack.columns import Reports
from sealtrack.errors import Rejected
from sealtrack.io.codecs import codec
from sealtrack.io.ports import RecordBatch

RECEIVED_MS = 1_714_550_403_000
"""2024-05-01T08:00:03Z"""
TIME = "2024-05-01T08:00:00Z"
TIME_MS = 1_714_550_400_000


def batch(*values: bytes | None, received_ms: int = RECEIVED_MS, partition: int = 2, first: int = 10) -> RecordBatch:
    n = len(values)
    offsets = np.arange(first, first + n)
    return RecordBatch("seal.positions", partition, offsets, np.full(n, received_ms), [None] * n, list(values))


def decode(*values: bytes | dict[str, Any] | None, name: str = "json", **where: int) -> tuple[Reports, list[Rejected]]:
    raw = [json.dumps(value).encode() if isinstance(value, dict) else value for value in values]
    return codec(name).decode_reports(batch(*raw, **where))


def report(**fields: Any) -> dict[str, Any]:
    return {"seal_id": "S1", "time": TIME, **fields}


def faults(rejected: list[Rejected]) -> list[tuple[str, str]]:
    return [(one.field, one.reason) for one in rejected]


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
event_names = st.sampled_from(["rope_cut", "back_cover_open", "unlock", "low_battery", "other", "remote_unlock"])
times_ms = st.integers(1_300_000_000_000, 4_000_000_000_000)


def floats(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, width=32)


clean_reports = st.fixed_dictionaries(
    {"seal_id": names.filter(lambda name: name.strip() == name), "time": times_ms},
    optional={
        "speed": floats(0, 200),
        "heading": floats(0, 360),
        "accuracy": floats(0, 5000),
        "valid": st.booleans(),
        "lock": st.sampled_from(["locked", "unlocked", "cut"]),
        "events": st.lists(event_names, max_size=3, unique=True),
        "card": names.filter(lambda name: name.strip() == name),
        "battery": floats(0, 100),
        "satellites": st.integers(0, 127),
        "seq": st.integers(0, 2**53),
        "buffered": st.booleans(),
    },
).flatmap(
    lambda fields: st.one_of(
        st.just(fields),
        st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(lambda at: {**fields, "lat": at[0], "lon": at[1]}),
    )
)
"""Reports without a fault, times in ms."""
