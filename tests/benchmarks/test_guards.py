"""What would be noticed if it became slow: counts, and ratios of processor time within one run. No timings.

Margins are wide: a ratio fails at about a third of what it was measured to be, and only when it does so several times.
"""

from __future__ import annotations

import cProfile
import gc
import importlib
import pkgutil
import pstats
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import shapely
from kafka import TopicPartition
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords

import sealtrack.core
from benchmarks.speed import decode, feed, kernels
from benchmarks.speed.engine import with_zones
from benchmarks.speed.feed import National, national
from replay.maker.feed import CATALOGUE, Spec
from replay.maker.road import Plane
from sealtrack import geofence
from sealtrack.across import Heard
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.io.codecs import codec, scan
from sealtrack.io.kafka.whole import _PartOfFetch, batch_of_blocks
from sealtrack.io.ports import RecordBatch
from sealtrack.service.others import digest_messages

pytestmark = [pytest.mark.compiled, pytest.mark.xdist_group("guards")]

TRIES = 6


@pytest.fixture(scope="module", autouse=True)
def few() -> object:
    """Twenty trips are driven by all."""
    patch = pytest.MonkeyPatch()
    patch.setattr(feed, "DRIVEN", 20)
    feed._driven.cache_clear()
    scan.compile_now()
    yield
    patch.undo()
    feed._driven.cache_clear()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    found = geofence.load(CATALOGUE)
    judge(national(20, 30), found)  # compiles
    return found


def judge(given: National, catalogue: Catalogue) -> Engine:
    engine = Engine(catalogue)
    engine.register(given.shipments)
    for start in range(0, len(given.reports), 10_000):
        engine.process(given.reports[start : start + 10_000])
    return engine


def cpu_s(work: Callable[[], object]) -> float:
    gc.collect()
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def assert_times(slower: Callable[[], object], quicker: Callable[[], object], least: float) -> None:
    """That one takes at least so many times as long as the other: in turns, the best of each, with patience."""
    slow_s = quick_s = float("inf")
    for _ in range(TRIES):
        slow_s, quick_s = min(slow_s, cpu_s(slower)), min(quick_s, cpu_s(quicker))
        if slow_s >= least * quick_s:
            return
    pytest.fail(f"{slow_s / quick_s:.2f} times, not {least}")


def assert_at_most(work: Callable[[], object], other: Callable[[], object], most: float) -> None:
    """That one takes at most so many times as long as the other."""
    assert_times(other, work, 1 / most)


def calls(work: Callable[[], object]) -> int:
    """Calls of Python functions, ours and built in."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def judging(given: National, catalogue: Catalogue) -> Callable[[], object]:
    """Its reports alone, by an engine of its own each time, made here."""
    engines = [Engine(catalogue) for _ in range(TRIES)]
    for engine in engines:
        engine.register(given.shipments)

    def work() -> None:
        engine = engines.pop()
        for start in range(0, len(given.reports), 10_000):
            engine.process(given.reports[start : start + 10_000])

    return work


def record_batch(values: list[bytes]) -> RecordBatch:
    n = len(values)
    return RecordBatch("t", 0, np.arange(n), np.full(n, 1_773_100_800_000), [None] * n, values)


def test_json_is_decoded_to_columns_much_quicker_than_by_msgspec() -> None:
    values = decode.native_values(national(100, 100))
    batch, typed = record_batch(values), msgspec.json.Decoder(decode._NATIVE).decode
    columns = codec("json").decode_reports
    assert_times(
        lambda: decode._columns([typed(value) for value in values], scan.NATIVE), lambda: columns(batch), least=1.3
    )


def test_nothing_is_called_for_each_value_that_is_decoded() -> None:
    values = decode.native_values(national(100, 100))
    few, many = record_batch(values[:2_000]), record_batch(values)
    columns = codec("json").decode_reports
    more = calls(lambda: columns(many)) - calls(lambda: columns(few))
    assert more < 500, "a few for each of the 100 names, none for each of the 8,000 values"


def test_nothing_is_called_for_each_record_of_a_batch() -> None:
    def read(text: bytes) -> RecordBatch:
        part = _PartOfFetch(0, TopicPartition("t", 0), MemoryRecords(text))
        return batch_of_blocks(TopicPartition("t", 0), list.copy(part.take(1_000_000)))

    assert len(read(record_text(3))) == 3
    assert calls(lambda: read(record_text(5_000))) - calls(lambda: record_text(5_000)) < 200


def record_text(count: int) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 30)
    for i in range(count):
        builder.append(i, 1_773_100_800_000, b"key", b"value", [])
    text: bytearray = builder.build()  # type: ignore[no-untyped-call]
    struct.pack_into(">q", text, 0, 0)
    return bytes(text)


def test_the_engine_calls_little_for_a_report(catalogue: Catalogue) -> None:
    given = national(200, 100)
    assert calls(judging(given, catalogue)) / len(given.reports) < 3


def test_a_shipment_is_registered_with_few_calls_however_many_there_are(catalogue: Catalogue) -> None:
    shipments = national(800, 2).shipments
    engine = Engine(catalogue)
    assert calls(lambda: engine.register(shipments)) / len(shipments) < 160
    few = Engine(catalogue)
    few.register(shipments[:100])
    one = replace(shipments[0], shipment_id="one more of this seal")
    assert calls(lambda: engine.register([one])) <= 1.5 * calls(lambda: few.register([one]))


def test_each_kernel_is_compiled_for_one_set_of_types(catalogue: Catalogue) -> None:
    judge(national(20, 30, late=0.1), catalogue)
    modules = [
        importlib.import_module(f"sealtrack.core.{one.name}") for one in pkgutil.iter_modules(sealtrack.core.__path__)
    ]
    entries = {
        name: len(found.signatures)
        for module in modules
        for name, found in vars(module).items()
        if hasattr(found, "signatures") and getattr(found, "targetoptions", {}).get("nogil")
    }
    assert entries["advance"] == 1
    assert {name: count for name, count in entries.items() if count > 2} == {}


def test_the_corridor_is_found_much_quicker_than_by_shapely(catalogue: Catalogue) -> None:
    route = catalogue.route_ids.index(Spec(seed=0).route)
    r = catalogue.fences.routes[route]
    line = catalogue.fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
    lonlat = np.column_stack([line["lon"], line["lat"]])
    rows = kernels._by_trip(40, 200)
    plane = Plane.around(lonlat)
    path, points = (
        shapely.LineString(plane.to_xy(lonlat)),
        shapely.points(plane.to_xy(np.column_stack([rows["lon"], rows["lat"]]))),
    )
    shapely.prepare(path)
    inside, width_m = np.zeros(len(rows), np.bool_), float(r["half_width_m"])
    kernels._within(catalogue.fences, route, rows[:10], width_m, inside)
    assert_times(
        lambda: shapely.dwithin(path, points, width_m),
        lambda: kernels._within(catalogue.fences, route, rows, width_m, inside),
        least=3,
    )


def test_many_zones_cost_little_more_than_few(catalogue: Catalogue, tmp_path: Path) -> None:
    given = national(100, 100)
    many, few = (judging(given, with_zones(tmp_path, count)) for count in (10_000, 100))
    assert_at_most(many, few, 4)


def test_late_reports_cost_a_few_times_as_much_as_those_in_order(catalogue: Catalogue) -> None:
    late, in_order = (judging(national(200, 150, late=share), catalogue) for share in (0.1, 0.0))
    assert_at_most(late, in_order, 8)


def test_four_times_as_many_reports_cost_four_times_as_much(catalogue: Catalogue) -> None:
    many, few = judging(national(100, 400), catalogue), judging(national(100, 100), catalogue)
    assert_at_most(many, few, 4 * 2.5)


def test_heard_cells_share_records() -> None:
    heard = [Heard((f"S{n}",), (n, n), n) for n in range(5_000)]
    assert len(digest_messages("t", 0, heard)) == 5


def test_the_memory_of_a_shipment_is_bounded(catalogue: Catalogue) -> None:
    engine = judge(national(64, 300), catalogue)
    held = engine.figures().memory_bytes / 64
    assert held < 300_000
