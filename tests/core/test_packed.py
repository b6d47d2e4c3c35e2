"""Packed pages and checkpoints say exactly what the rows said, to the bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealtrack.core.cold import LINE, free_block
from sealtrack.core.jit import entry
from sealtrack.core.packed import first_ms, note, pack, unpack
from sealtrack.core.saved import pack_trip, read_checkpoint
from sealtrack.core.state import NO_PAGE, PAGE, TRIP_DTYPE, Rows, Store, blank_trips
from sealtrack.core.words import word
from sealtrack.engine.arena import empty_stores, with_room
from sealtrack.schema import FLAG_DISTRUSTED, REPORT_DTYPE

pytestmark = pytest.mark.compiled
NAMES = REPORT_DTYPE.names or ()
WORDS = TRIP_DTYPE.itemsize // 8


@entry
def round_trip(store: Store, rows: Rows, noted: int) -> tuple[int, int]:
    """Pack page 0, note that row `noted` is distrusted, unpack to `rows`; returns (bytes, the time it begins at)."""
    block = pack(store, 0)
    note(store, block, noted, True)
    unpack(store, block, rows, 0)
    size, start_ms = word(store.cold, block * LINE) * LINE, first_ms(store, block)
    free_block(store, block)
    return size, start_ms


@entry
def trip_round_trip(store: Store, trips: Rows) -> int:
    """Pack row 0 of `trips`, unpack it to row 1, and what was before any report to row 2; returns its bytes."""
    block = pack_trip(store, trips, 0)
    read_checkpoint(store, block, trips, 1)
    read_checkpoint(store, NO_PAGE, trips, 2)
    return int(word(store.cold, block * LINE)) * LINE


def dirty_store() -> Store:
    """A store with room, full of rubbish."""
    store = with_room(empty_stores(1)[0])
    for room in (store.cold, store.scratch, store.values, store.steps):
        room.view(np.uint8)[:] = 0xA5
    return store


def packed(page: NDArray[np.void], noted: int = 3) -> int:
    """Bytes of a page that was packed, and came back over rubbish as it was."""
    store = dirty_store()._replace(tail=page.copy())
    rows = np.frombuffer(b"\xa5" * page.nbytes, REPORT_DTYPE).copy()
    size, start_ms = round_trip(store, rows, noted)
    wanted = page.copy()
    wanted["flags"][noted] |= FLAG_DISTRUSTED
    for name in NAMES:
        assert rows[name].tobytes() == wanted[name].tobytes(), name
    assert start_ms == page["time_ms"][0]
    return size


def ordinary() -> NDArray[np.void]:
    """What a truck sends in 16 minutes."""
    dice = np.random.default_rng(7)
    page = np.zeros(PAGE, REPORT_DTYPE)
    page["time_ms"] = 1_773_103_828_000 + 30_000 * np.arange(PAGE) + dice.integers(-3_000, 3_000, PAGE)
    page["received_ms"] = page["time_ms"] + dice.integers(500, 9_000, PAGE)
    page["lat"] = np.round(20.9 + 0.0024 * np.arange(PAGE) + dice.normal(0, 1e-4, PAGE), 6)
    page["lon"] = np.round(106.6 - 0.004 * np.arange(PAGE) + dice.normal(0, 1e-4, PAGE), 6)
    page["speed_kmh"] = np.round(dice.normal(60, 3, PAGE), 1)
    page["heading_deg"] = np.round(dice.normal(300, 4, PAGE))
    page["accuracy_m"] = np.round(dice.uniform(3, 12, PAGE), 1)
    page["battery_pct"] = 77.5
    page["offset"] = 301 + np.cumsum(dice.integers(5_000, 15_000, PAGE))
    page["seq"] = 40_000 + np.arange(PAGE)
    page["card"], page["lock"], page["satellites"] = -1, 1, dice.integers(8, 13, PAGE)
    return page


def test_ordinary_rows_take_a_quarter() -> None:
    page = ordinary()
    assert packed(page) <= page.nbytes / 4


def test_coordinates_with_seven_digits_or_all_of_them() -> None:
    page = ordinary()
    six = packed(page)
    page["lat"] += 1e-7
    page["lat"] = np.round(page["lat"], 7)
    assert packed(page) <= six + 2 * PAGE
    page["lon"] += 1e-11
    page["speed_kmh"] *= np.float32(1.852)
    assert packed(page) <= page.nbytes / 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("lat", -0.0), ("lat", -33.123456789012345), ("lat", math.nan), ("lon", math.inf), ("lon", 5e-324),
     ("lon", -1e300), ("speed_kmh", -0.0), ("speed_kmh", -math.inf), ("speed_kmh", math.nan), ("accuracy_m", 1e30),
     ("time_ms", -(2**63)), ("time_ms", 2**63 - 1), ("received_ms", -(2**63)), ("seq", 2**53), ("offset", 2**63 - 1),
     ("offset", 2**60), ("seal", -(2**31)), ("events", 2**32 - 1), ("lock", -128), ("flags", 127), ("flags", 255)],
)  # fmt: skip
@pytest.mark.parametrize("rows", [slice(5, 6), slice(0, 1), slice(None)])
def test_odd_values_come_back(name: str, value: float, rows: slice) -> None:
    page = ordinary()
    page[name][rows] = value
    packed(page)


def test_the_bits_of_no_number_come_back() -> None:
    page = ordinary()
    page["lat"].view(np.int64)[4] = 0x7FF8_0000_0000_0123
    page["speed_kmh"].view(np.int32)[6] = 0x7FC0_1234
    packed(page)


def odd(name: str) -> st.SearchStrategy[float]:
    """Small numbers, decimal ones, and all others."""
    dtype = REPORT_DTYPE[name]
    if dtype.kind in "iu":
        least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        return st.integers(max(least, -3), min(most, 3)) | st.integers(least, most)
    decimals = st.integers(-1800, 1800).map(lambda x: x / 10)
    return decimals | st.floats(width=8 * dtype.itemsize)  # type: ignore[arg-type]


FEW = {name: st.lists(odd(name), min_size=1, max_size=PAGE) for name in NAMES}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=FEW), st.integers(0, PAGE - 1))
def test_any_page_comes_back(changed: dict[str, list[float]], noted: int) -> None:
    page = ordinary()
    for name, values in changed.items():
        page[name] = np.resize(np.array(values, REPORT_DTYPE[name]), PAGE)
    packed(page, noted)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.integers(0, WORDS - 1), st.integers(-(2**63), 2**63 - 1)))
def test_any_checkpoint_comes_back(changed: dict[int, int]) -> None:
    trips = blank_trips(3)
    words = trips.view(np.int64).reshape(3, WORDS)
    words[1:] = -1
    for k, value in changed.items():
        words[0, k] = value
    size = trip_round_trip(dirty_store(), trips)
    assert trips[0].tobytes() == trips[1].tobytes()
    assert trips[2].tobytes() == blank_trips(1).tobytes()
    assert size <= 64 + 8 * len(changed) + LINE
