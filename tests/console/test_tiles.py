"""Tiles out of a PMTiles archive, served by the console itself."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from sealtrack.console.tiles import Archive
from sealtrack.errors import InputError
from sealtrack.settings import Console
from tests.console.people import People

RED = (200, 30, 30)


def picture(colour: tuple[int, int, int] = RED) -> bytes:
    out = BytesIO()
    Image.new("RGB", (256, 256), colour).save(out, "PNG")
    return out.getvalue()


def archive(path: Path, finest: int = 3, kind: TileType = TileType.PNG, tile: bytes | None = None) -> Path:
    """The world down to this zoom; each tile another shade of red, where none is given."""
    with write(str(path)) as writer:
        for z in range(finest + 1):
            for x in range(1 << z):
                for y in range(1 << z):
                    writer.write_tile(zxy_to_tileid(z, x, y), tile or picture((100 + z, x, y)))
        writer.finalize({"tile_type": kind, "tile_compression": Compression.NONE}, {})
    return path


def shade(content: bytes | None) -> tuple[int, ...]:
    assert content
    found = Image.open(BytesIO(content)).convert("RGB").getpixel((0, 0))
    assert isinstance(found, tuple)
    return found


def test_every_tile_is_found_and_no_other(tmp_path: Path) -> None:
    tiles = Archive(archive(tmp_path / "ground.pmtiles"))
    assert tiles.zooms == (0, 3)
    for z, x, y in [(0, 0, 0), (1, 1, 0), (2, 3, 1), (3, 0, 7), (3, 7, 7)]:
        assert shade(tiles.tile(z, x, y)) == (100 + z, x, y)
    for z, x, y in [(4, 0, 0), (2, 4, 0), (2, 0, 4), (2, -1, 0), (-1, 0, 0), (40, 0, 0)]:
        assert tiles.tile(z, x, y) is None


def test_an_archive_with_directories_below_its_own_is_read_too(tmp_path: Path) -> None:
    with write(str(tmp_path / "deep.pmtiles")) as writer:
        for n in range(40_000):  # more than the first directory holds
            writer.write_tile(zxy_to_tileid(9, n % 512, n // 512), b"%d" % n)
        writer.finalize({"tile_type": TileType.WEBP, "tile_compression": Compression.NONE}, {})
    tiles = Archive(tmp_path / "deep.pmtiles")
    assert tiles.media_type == "image/webp"
    for n in (0, 511, 512, 20_123, 39_999):
        assert tiles.tile(9, n % 512, n // 512) == b"%d" % n


def test_the_console_serves_them_to_who_is_logged_in(make_people: Callable[[Console], People], tmp_path: Path) -> None:
    people = make_people(Console(tiles=str(archive(tmp_path / "ground.pmtiles"))))
    viewer = people("viewer")
    answer = viewer.client.get("/tiles/2/3/1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert shade(answer.content) == (102, 3, 1)
    assert viewer.client.get("/tiles/9/0/0").status_code == 404
    assert people.anonymous.get("/tiles/2/3/1", follow_redirects=False).status_code == 303
    assert viewer.get("/places")["tiles"] == "/tiles/{z}/{x}/{y}"
    assert "https" not in answer.headers["Content-Security-Policy"]


def test_without_an_archive_there_are_no_tiles(people: People) -> None:
    assert people("viewer").client.get("/tiles/0/0/0").status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "no PMTiles archive"),
        (b"PMTiles\x02" + bytes(200), "no PMTiles archive"),
        (b"\xff" * 200, "no PMTiles archive"),
    ],
)
def test_what_is_no_archive_is_refused_by_name(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "ground.pmtiles"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said) as refused:
        Archive(path)
    assert str(path) in str(refused.value)


def test_vector_tiles_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = archive(tmp_path / "vector.pmtiles", 0, TileType.MVT, b"x")
    with pytest.raises(InputError, match=r"holds MVT tiles.*console\.layers"):
        Archive(path)
