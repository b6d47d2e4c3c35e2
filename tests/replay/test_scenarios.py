"""The committed scenarios: reproducible, small, and holding what their notes promise."""

from __future__ import annotations

import gzip

import pytest

from replay.maker import Feed, make, read_catalogue
from replay.maker.__main__ import main
from replay.maker.episodes import OFFENCES, TWINS
from replay.maker.folder import (
    EXPECTED,
    FEED,
    LABELS,
    SCENARIOS,
    SHIPMENTS,
    SIGHTINGS,
    feed_csv,
    geofences,
    labels_csv,
    names,
    read_labels,
    read_spec,
    shipments_csv,
    sightings_csv,
)
from replay.maker.review import read_alerts, review
from replay.maker.together import Amendment

REBUILD = "the maker or the catalogue has changed: run `python -m replay.maker build --all`, then `expected --all`"


@pytest.fixture(scope="module", params=names())
def scenario(request: pytest.FixtureRequest) -> tuple[str, Feed]:
    return request.param, make(read_spec(request.param), read_catalogue(*geofences(request.param)))


def guilty(name: str) -> set[str]:
    return {label.shipment_id for label in read_labels(SCENARIOS / name) if label.expect == "must"}


def test_the_maker_reproduces_what_is_committed(scenario: tuple[str, Feed]) -> None:
    name, feed = scenario
    folder = SCENARIOS / name
    # the text, not the archive: zlib's output differs between its versions
    committed = gzip.decompress((folder / FEED).read_bytes()).decode()
    assert committed == feed_csv(feed.reports), REBUILD
    assert (folder / SHIPMENTS).read_text(encoding="utf-8") == shipments_csv(feed.shipments), REBUILD
    assert (folder / LABELS).read_text(encoding="utf-8") == labels_csv(feed.labels), REBUILD
    assert (folder / SIGHTINGS).exists() == bool(feed.sightings), REBUILD
    if feed.sightings:
        assert (folder / SIGHTINGS).read_text(encoding="utf-8") == sightings_csv(feed.sightings), REBUILD


def test_a_scenario_is_small_and_its_note_names_the_guilty() -> None:
    for name in names():
        folder = SCENARIOS / name
        note = (folder / "README.md").read_text(encoding="utf-8")
        assert (folder / FEED).stat().st_size < 1_000_000
        assert all(shipment_id in note for shipment_id in guilty(name)), name
    assert sum((SCENARIOS / name / FEED).stat().st_size for name in names()) < 5_000_000


def test_an_innocent_has_a_twin_of_every_kind_in_the_demo() -> None:
    labels = read_labels(SCENARIOS / "haiphong-huunghi")
    assert 6 <= len(guilty("haiphong-huunghi")) <= 8
    innocent = {label.cause for label in labels if label.shipment_id not in guilty("haiphong-huunghi")}
    assert innocent >= {*TWINS, "arrival"}
    assert len({label.cause for label in labels if label.expect == "must"} & set(OFFENCES)) >= 6


def test_expected_alerts_agree_with_the_labels() -> None:
    for name in names():
        verdict = review(read_labels(SCENARIOS / name), read_alerts(SCENARIOS / name / EXPECTED))
        assert verdict.good, (name, verdict.missed, verdict.false)


def test_an_unknown_scenario_is_one_line_that_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "hanoi"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "haiphong-huunghi" in line


def test_the_scenario_files_say_who_meets_and_what_was_amended() -> None:
    assert read_spec("company").meetings == ((1, 2), (4, 5, 6, 7, 8, 9))
    assert read_spec("amended").amended[0] == Amendment(1, 1.0, "haiphong-huunghi|haiphong-huunghi-roadworks")
