"""How many threads judge makes no difference: not to what is said, not to what a snapshot holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealtrack.core.advance import advance
from sealtrack.core.timers import BLOCK
from sealtrack.engine import Engine, judging
from sealtrack.geofence import Catalogue
from sealtrack.schema import Alert, Shipment
from tests.core.feeds import DAY, HOUR, MINUTE, SECOND, START, Case, Raw, cases, pack
from tests.core.world import catalogue, point_on
from tests.engine.test_engine import messy, read

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
COUNTS = (1, 2, 3)
some = settings(messy, max_examples=20)
CUTS = st.lists(st.floats(0, 1), max_size=8)
Heard = tuple[list[Alert], list[str], bytes]
"""Every version, what was forgotten, and the snapshot of the end."""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="module", autouse=True)
def _no_batch_is_too_small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "WORTH_A_THREAD", 1)
        yield


def ahead(name: str) -> Shipment:
    """One of which nothing is heard or said yet."""
    return Shipment(shipment_id=name, seal_id=name, route_id="road", depart_at=START + 10_000 * DAY)


def over(name: str) -> Shipment:
    """One that was over long ago: it is soon forgotten, and those after it belong to other parts then."""
    return Shipment(
        shipment_id=name, seal_id=name, route_id="road", depart_at=START - 90 * DAY, closed_at=START - 89 * DAY
    )


def spread(shipments: Sequence[Shipment], filler: Callable[[str], Shipment] = ahead) -> list[Shipment]:
    """The same records, each new shipment in the next part."""
    told: list[Shipment] = []
    for one in shipments:
        is_known = any(one.shipment_id == before.shipment_id for before in told)
        told += [one] if is_known else [one, *(filler(f"{one.shipment_id} {number}") for number in range(BLOCK))]
    return told


def at(cuts: Sequence[float], count: int) -> list[tuple[int, int]]:
    return list(pairwise([0, *sorted(int(cut * count) for cut in cuts), count]))


def same_for_all(hear: Callable[[int], Any]) -> Any:
    one, *others = (hear(threads) for threads in COUNTS)
    for other in others:
        assert other == one
    return one


@pytest.mark.compiled
@some
@given(case=cases(), cuts=CUTS, filler=st.sampled_from([ahead, over]), seed=st.sampled_from([None, 1, 2]))
def test_threads_change_nothing(
    country: Catalogue, case: Case, cuts: list[float], filler: Callable[[str], Shipment], seed: int | None
) -> None:
    reports = read(case)
    if seed is not None:
        reports = reports.take(np.array(Random(seed).sample(range(len(reports)), len(reports)), np.intp))

    def hear(threads: int) -> Heard:
        """The shipments are told in two parts, the second, with amendments, after some of the reports."""
        engine = Engine(country, case.policies, threads=threads)
        told, _ = engine.register(spread(case.shipments[:1], filler))
        forgotten = []
        for number, (start, end) in enumerate(at(cuts, len(reports))):
            told += engine.process(reports[start:end])
            if number == len(cuts) // 2:
                told += engine.register(spread(case.shipments, filler))[0]
            forgotten += engine.forget()
        told += engine.process(reports[:0], case.clock_ms)
        return told, forgotten, engine.snapshot()

    same_for_all(hear)


@pytest.mark.compiled
@some
@given(case=cases(), cut=st.floats(0, 1))
def test_a_snapshot_fits_every_number_of_threads(country: Catalogue, case: Case, cut: float) -> None:
    reports = read(case)
    (_, middle), (_, end) = at([cut], len(reports))

    def take(threads: int) -> bytes:
        engine = Engine(country, case.policies, threads=threads)
        engine.register(spread(case.shipments))
        engine.process(reports[:middle])
        return engine.snapshot()

    taken = same_for_all(take)

    def go_on(threads: int) -> tuple[list[Alert], bytes]:
        engine = Engine(country, case.policies, threads=threads)
        engine.restore(taken)
        return engine.process(reports[middle:end], case.clock_ms), engine.snapshot()

    same_for_all(go_on)


def few() -> list[Raw]:
    """Of five trucks: the seal of each is cut once, which two tell late, one of them beyond the horizon."""
    raws: list[Raw] = []
    for seal in range(5):
        for minute in range(0, 60, 5):
            lon, lat = point_on("road", 2_000.0 + 600 * minute)
            time_ms = START + (10 * seal + minute) * MINUTE
            cut = minute == 30
            late = {3: HOUR, 4: 9 * HOUR}.get(seal, 0) if cut else 2 * SECOND
            lock = "cut" if cut else "locked"
            raws.append(
                {"seal": f"seal{seal}", "time_ms": time_ms, "received_ms": time_ms + late, "lat": lat, "lon": lon,
                 "lock": lock}
            )  # fmt: skip
    raws.sort(key=lambda raw: raw["received_ms"])
    return [raw | {"offset": offset} for offset, raw in enumerate(raws)]


def test_of_a_few_reports_all_is_told_whoever_judges(country: Catalogue) -> None:
    """Without the JIT, too."""
    shipments = [
        Shipment(shipment_id=f"S{seal}", seal_id=f"seal{seal}", route_id="road", depart_at=START) for seal in range(5)
    ]

    def hear(threads: int) -> tuple[list[Alert], list[str], bytes]:
        engine = Engine(country, threads=threads)
        told, _ = engine.register(spread(shipments))
        for start, end in at([0.3, 0.6], len(few())):
            told += engine.process(pack(few())[start:end])
        return told, engine.late_shipments(), engine.snapshot()

    told, late, _ = same_for_all(hear)
    assert {alert.shipment_id for alert in told if alert.kind == "seal_tamper"} == {f"S{seal}" for seal in range(5)}
    assert late == ["S4"]


def test_what_fails_in_a_thread_is_raised_when_all_have_ended(
    country: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(country, threads=3)
    engine.register(spread([ahead("first")]))
    ended = []

    def fail(rules: Any, store: Any, *more: Any) -> Any:
        part = int(store.arena["part"][0])
        if part == 1:
            raise MemoryError("no more")
        found = advance(rules, store, *more)
        ended.append(part)
        return found

    monkeypatch.setattr(judging, "advance", fail)
    with pytest.raises(MemoryError, match="no more"):
        engine.process(pack(few()))
    assert set(ended) == {0, 2}
