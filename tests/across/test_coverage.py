"""Whether others were heard, or fell silent, where a seal did."""

from __future__ import annotations

import cProfile
import pstats

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealtrack.across import TOLD, Coverage, Digest, Heard, Neighbours, Silence

MINUTE = 60_000
HERE, ELSEWHERE = (210, 1060), (210, 1061)

NAMES = st.sampled_from([f"S{i}" for i in range(9)])
CELLS = st.sampled_from([HERE, ELSEWHERE])
ENDS = st.one_of(st.none(), st.integers(150, 300).map(lambda m: m * MINUTE))
DIGESTS = st.lists(
    st.one_of(
        st.builds(Silence, NAMES, st.integers(0, 150).map(lambda m: m * MINUTE), ENDS, CELLS, gone=st.booleans()),
        st.builds(
            Heard,
            NAMES.map(lambda name: (name,)),
            CELLS,
            st.integers(0, 24),
            gone=st.sampled_from([False, False, False, True]),
        ),
    ),
    max_size=60,
)


def put(coverage: Coverage, digest: Digest) -> set[tuple[str, int]]:
    if isinstance(digest, Silence):
        return coverage.put_silence(digest)
    assert isinstance(digest, Heard)
    if not digest.gone and coverage.concerns_nobody(digest.place):
        coverage.put_all_heard(digest.place, digest.shipment_ids)
        return set()
    return coverage.put_heard(digest.place, *digest.shipment_ids, gone=digest.gone)


def whose(digest: Digest) -> str:
    return digest.shipment_ids[0] if isinstance(digest, Heard) else digest.shipment_id


def counted(silence: Silence, standing: list[Digest]) -> Neighbours:
    """By the words of the law."""
    others: list[Digest] = [digest for digest in standing if whose(digest) != silence.shipment_id]
    lost = {
        digest.shipment_id
        for digest in others
        if isinstance(digest, Silence)
        and digest.cell == silence.cell
        and abs(digest.start - silence.start) <= 15 * MINUTE
    }
    slot = silence.start // (10 * MINUTE)
    until = slot + 7 if silence.end is None else min(slot + 7, silence.end // (10 * MINUTE))
    heard = {
        whose(digest)
        for digest in others
        if isinstance(digest, Heard) and digest.cell == silence.cell and slot < digest.slot < until
    }
    return Neighbours(min(5, len(heard - lost)), min(5, len(lost)))


@settings(deadline=None)
@given(digests=DIGESTS)
def test_others_are_counted_and_whoever_it_concerns_is_named(digests: list[Digest]) -> None:
    coverage = Coverage()
    standing: dict[object, Digest] = {}
    told: dict[tuple[str, int], Neighbours] = {}
    for digest in digests:
        touched = put(coverage, digest)
        key = (digest.shipment_ids, digest.place) if isinstance(digest, Heard) else digest.key
        standing.pop(key, None)
        if not digest.gone:
            standing[key] = digest
        silences = [silence for silence in standing.values() if isinstance(silence, Silence)]
        told |= {key: coverage.neighbours(key) for key in touched if key in coverage.silences}
        assert coverage.silences.keys() == {silence.key for silence in silences}
        for silence in silences:
            assert told[silence.key] == counted(silence, list(standing.values()))


def test_who_falls_silent_in_an_outage_is_no_longer_told_as_heard() -> None:
    coverage = Coverage()
    for i in range(8):
        put(coverage, Silence(f"S{i}", i * MINUTE, None, HERE))
    for name in ("A", "B"):
        put(coverage, Heard((name,), HERE, 1))
    assert coverage.neighbours(("S0", 0)) == Neighbours(2, TOLD)
    assert ("S0", 0) in put(coverage, Silence("A", 12 * MINUTE, None, HERE))
    assert coverage.neighbours(("S0", 0)) == Neighbours(1, TOLD)


@pytest.mark.parametrize("kind", ["heard", "lost"])
def test_a_thousand_others_are_told_as_five(kind: str) -> None:
    coverage = Coverage()
    coverage.put_silence(Silence("own", 0, None, HERE))
    touched = 0
    for i in range(1_000):
        digest: Digest = Heard((f"S{i}",), HERE, 2) if kind == "heard" else Silence(f"S{i}", MINUTE, None, HERE)
        touched += ("own", 0) in put(coverage, digest)
    assert getattr(coverage.neighbours(("own", 0)), kind) == TOLD == touched


def test_what_is_old_is_forgotten() -> None:
    coverage = Coverage()
    for digest in (
        Silence("A", 0, None, HERE),
        Heard(("B",), HERE, 1),
        Heard(("B",), HERE, 20),
        Silence("A", 99 * MINUTE, None, HERE),
    ):
        put(coverage, digest)
    coverage.prune(60 * MINUTE)
    assert set(coverage.silences) == {("A", 99 * MINUTE)}
    assert list(coverage.heard()) == [Heard(("B",), HERE, 20)]


def outage(coverage: Coverage, seals: int, within_min: int) -> None:
    """All are heard for an hour, fall silent one after the other, come back, and their silences are taken back."""
    starts = [60 * MINUTE + within_min * MINUTE * i // seals for i in range(seals)]
    for slot in range(7):
        for i in range(seals):
            coverage.put_heard((HERE, slot), f"S{i}")
    for gone, slot in ((False, 13), (True, 14)):
        for i, start in enumerate(starts):
            coverage.put_silence(Silence(f"S{i}", start, None, HERE, gone=gone))
        for i in range(seals):
            coverage.put_heard((HERE, slot), f"S{i}")


@pytest.mark.parametrize("within_min", [0, 12, 60])
def test_an_outage_costs_each_seal_the_same_however_many_fall_silent_with_it(within_min: int) -> None:
    def calls(seals: int) -> int:
        profile = cProfile.Profile()
        profile.runcall(outage, Coverage(), seals, within_min)
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]

    assert calls(2_000) < 4 * 1.5 * calls(500)
