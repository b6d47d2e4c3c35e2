"""Editions of the geofences as the service reads and publishes them, on the broker inside this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest

from sealtrack import geofence
from sealtrack.errors import GeofenceError, TransportError
from sealtrack.geofence import pack, unpack
from sealtrack.io.memory import MemoryBroker, MemorySource
from sealtrack.io.messages import geofences_message
from sealtrack.io.ports import Message
from sealtrack.service import Files, Maps
from sealtrack.service.letters import Letters
from tests.geofence.builders import ROAD, moved, road, write, yard

TOPIC = "seal.geofences"
PATIENCE_S = 300


class Bench:
    """One worker's editions; `now_s` is its clock."""

    def __init__(self, folder: Path) -> None:
        self.broker, self.folder, self.now_s = MemoryBroker(), folder, 1_700_000_000.0
        self.file = write(folder / "fences.geojson", road(), yard())
        self.letters = Letters()
        self.maps = self.new()

    def new(self, *, spare: bool = False, publish: Callable[[Message], None] | None = None) -> Maps:
        files = Files([self.folder], 5.0, lambda: self.now_s)
        source = MemorySource(self.broker, [TOPIC])
        put = publish or self.broker.append
        return Maps(source, TOPIC, put, files, spare=spare, now_ms=lambda: int(self.now_s * 1000))

    def until(self, true: Callable[[], bool], maps: Maps | None = None) -> None:
        """Read on until it is true; what is read beside the loop ends at its own time."""
        pause = threading.Event()
        for _ in range(PATIENCE_S * 100):
            (maps or self.maps).read(self.letters)
            if true():
                return
            pause.wait(0.01)
        raise AssertionError("it never came to that")

    def settle(self, maps: Maps | None = None) -> None:
        """Everything is read, and the files have been held against it."""
        self.until((maps or self.maps).is_whole, maps)

    def versions(self, maps: Maps | None = None) -> list[tuple[int, str]]:
        return sorted((one.from_ms, one.catalogue.version) for one in (maps or self.maps).editions)

    def written(self) -> int:
        return sum(len(self.broker.log(TOPIC, part)) for part in range(self.broker.partitions))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def version(path: Path) -> str:
    return geofence.load(path).version


def test_the_first_files_hold_from_the_start_and_are_published_once(bench: Bench) -> None:
    for _ in range(3):
        maps = bench.new()
        bench.settle(maps)
        assert bench.versions(maps) == [(0, version(bench.file))]
    assert bench.written() == 1


def test_a_file_that_changes_is_in_force_from_then_on_without_a_restart(bench: Bench) -> None:
    bench.settle()
    first = version(bench.file)
    bench.now_s += 60
    write(bench.file, road(moved(ROAD, lat=0.5)), yard())
    second = version(bench.file)
    bench.until(lambda: len(bench.maps.editions) == 2)
    assert bench.versions() == [(0, first), (int(bench.now_s * 1000), second)]
    bench.now_s += 60
    write(bench.file, road(), yard())
    bench.until(lambda: len(bench.maps.editions) == 3)
    assert bench.versions()[-1] == (int(bench.now_s * 1000), first), "and back again"


def test_a_file_written_anew_with_the_same_content_is_no_news(bench: Bench) -> None:
    bench.settle()
    write(bench.file, yard(), road())
    bench.now_s += 60
    write(bench.folder / "another.geojson", road(id="other"))
    bench.until(lambda: len(bench.maps.editions) == 2)
    assert bench.written() == 2


def test_a_broken_file_is_told_once_and_what_was_in_force_stays(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.settle()
    before = bench.versions()
    bench.now_s += 60
    write(bench.file, road(half_width_m=0), yard())
    with caplog.at_level(logging.ERROR, "sealtrack"):
        bench.until(lambda: bool(caplog.messages))
        for _ in range(20):
            bench.now_s += 60
            bench.maps.read(bench.letters)
    assert bench.versions() == before
    assert len(caplog.messages) == 1
    assert "half_width_m" in caplog.messages[0]
    assert f"geofences {before[0][1]} stay in force" in caplog.messages[0]


def test_broken_files_at_the_very_first_start_end_it(bench: Bench) -> None:
    write(bench.file, road(half_width_m=0))
    with pytest.raises(GeofenceError, match="half_width_m"):
        bench.settle()


def test_broken_files_at_a_later_start_do_not(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.settle()
    write(bench.file, road(half_width_m=0))
    maps = bench.new()
    bench.settle(maps)
    assert bench.versions(maps) == bench.versions()
    assert "stay in force" in caplog.text


def test_a_worker_with_old_files_does_not_undo_what_another_has_published(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.settle()
    old = bench.file.read_bytes()
    bench.now_s += 60
    write(bench.file, road(moved(ROAD, lat=0.5)), yard())
    bench.until(lambda: len(bench.maps.editions) == 2)
    bench.file.write_bytes(old)
    late = bench.new()
    bench.settle(late)
    assert bench.versions(late) == bench.versions()
    assert "has replaced; that stays in force" in caplog.text


def test_files_that_changed_while_nobody_ran_are_in_force_from_the_start_of_the_service(bench: Bench) -> None:
    bench.settle()
    write(bench.file, road(moved(ROAD, lat=0.5)), yard())
    bench.now_s += 3600
    later = bench.new()
    bench.settle(later)
    bench.until(lambda: len(later.editions) == 2, later)
    assert bench.versions(later)[-1][0] == int(bench.now_s * 1000)


def test_spare_files_count_only_while_the_topic_is_empty(bench: Bench) -> None:
    bench.settle()
    write(bench.file, road(moved(ROAD, lat=0.5)), yard())
    maps = bench.new(spare=True)
    bench.settle(maps)
    assert bench.written() == 1


def test_what_others_publish_is_followed_and_what_they_delete_forgotten(bench: Bench) -> None:
    bench.settle()
    text, catalogue = pack(write(bench.folder / "elsewhere.json", road(id="r2")))
    bench.broker.append(geofences_message(TOPIC, text, catalogue.version, 1_700_000_500_000))
    assert bench.maps.read(bench.letters)
    assert bench.versions()[-1] == (1_700_000_500_000, catalogue.version)
    bench.broker.append(Message(TOPIC, f"{catalogue.version}@1700000500000".encode(), None))
    assert bench.maps.read(bench.letters)
    assert len(bench.maps.editions) == 1
    bench.broker.append(Message(TOPIC, f"{bench.versions()[0][1]}@0".encode(), None))
    assert not bench.maps.read(bench.letters), "the last one stays"


@pytest.mark.parametrize("value", [b"", b"{", b'{"type":"FeatureCollection","features":[]}', b"SEALFNC\nrubbish"])
def test_a_record_that_is_no_catalogue_is_a_dead_letter(bench: Bench, value: bytes) -> None:
    bench.settle()
    bench.broker.append(Message(TOPIC, b"new", value))
    assert not bench.maps.read(bench.letters)
    ((letter,), _) = bench.letters.untold({})
    assert (letter.source, letter.reason) == (TOPIC, "unusable")
    assert f"{TOPIC}, {letter.partition}:{letter.offset}" in letter.message
    assert "/" not in letter.message.split(";")[0], "no path of a temporary file"


def test_an_edition_that_cannot_be_published_yet_is_published_later(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.settle()
    away = [TransportError("away"), TransportError("away")]

    def publish(message: Message) -> None:
        if away:
            raise away.pop()
        bench.broker.append(message)

    write(bench.file, road(moved(ROAD, lat=0.5)), yard())
    maps = bench.new(publish=publish)
    bench.until(lambda: len(maps.editions) == 2, maps)
    assert caplog.text.count("not published yet: away") == 2


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet"])
def test_geofences_of_any_format_travel_unchanged(tmp_path: Path, suffix: str) -> None:
    plain = write(tmp_path / "plain.geojson", road(name="Đường 5"), yard(schedule="Mon-Fri 06:00-18:00 UTC"))
    path = tmp_path / f"fences{suffix}"
    frame = gpd.read_file(plain)
    frame["permits"] = [None, "stop;open"]
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    text, catalogue = pack(path)
    again = unpack(text, "the topic")
    assert again.sha256 == catalogue.sha256
    assert again.zone_ids == ["yard"]


def test_a_compiled_file_travels_as_it_is(bench: Bench) -> None:
    compiled = bench.folder / "fences.bin"
    geofence.save(geofence.load(bench.file), compiled)
    text, catalogue = pack(compiled)
    assert text == compiled.read_bytes()
    assert unpack(text, "the topic").sha256 == catalogue.sha256 == geofence.load(bench.file).sha256
