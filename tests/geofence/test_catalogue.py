"""A compiled file opens as what was saved, or says in a sentence why not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sealtrack import geofence
from sealtrack.errors import InputError
from sealtrack.geofence import Catalogue
from tests.geofence.builders import road, square, write, yard


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    tower = yard(square(105.9, 21.0, 0.01), id="tower", schedule="Mon 06:00-09:00 UTC", role="port")
    return geofence.load(write(tmp_path / "fences.geojson", road(name="Đường 5"), yard(), tower))


@pytest.fixture
def file(catalogue: Catalogue, tmp_path: Path) -> Path:
    path = tmp_path / "vietnam.fences"
    geofence.save(catalogue, path)
    return path


def test_a_compiled_file_opens_as_what_was_saved(catalogue: Catalogue, file: Path) -> None:
    opened = geofence.load(file)
    for name, array in catalogue.fences._asdict().items():
        back = getattr(opened.fences, name)
        assert back.dtype == array.dtype
        assert back.tobytes() == array.tobytes()
        assert back.shape == array.shape
        assert back.flags.c_contiguous
    assert opened.route_ids == ["road"]
    assert opened.route_names == ["Đường 5"]
    assert opened.zone_ids == ["tower", "yard"]
    assert opened.zone_names == ["tower", "yard"]
    assert opened.zone_roles == ["port", ""]
    assert opened.sha256 == catalogue.sha256


def test_the_same_catalogue_gives_the_same_bytes(catalogue: Catalogue, file: Path, tmp_path: Path) -> None:
    geofence.save(catalogue, tmp_path / "again.fences")
    assert (tmp_path / "again.fences").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("keep", [8, 20, 47, 48, 300, -1])
def test_a_truncated_file_is_refused(file: Path, keep: int) -> None:
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"truncated.*; compile it again"):
        geofence.open_compiled(file)


def test_one_changed_byte_anywhere_behind_the_head_is_refused(file: Path) -> None:
    data = file.read_bytes()
    for position in (17, 48, 60, len(data) // 2, len(data) - 1):
        changed = bytearray(data)
        changed[position] ^= 1
        file.write_bytes(changed)
        with pytest.raises(InputError, match="does not match its hash"):
            geofence.open_compiled(file)


def test_another_version_is_refused(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[8:12] = np.array(99, "<u4").tobytes()
    file.write_bytes(data)
    with pytest.raises(InputError, match="has format version 99, this sealtrack reads 3; compile it again"):
        geofence.load(file)


def test_another_sort_of_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "fences.geojson", yard())
    with pytest.raises(InputError, match="not a compiled geofence file"):
        geofence.open_compiled(path)
    with pytest.raises(InputError, match="cannot be read"):
        geofence.open_compiled(tmp_path / "absent")


def test_opening_a_compiled_file_needs_no_geometry_library(file: Path) -> None:
    code = (
        "import sys; from sealtrack import geofence; geofence.load(sys.argv[1]);"
        "print(sorted({'shapely', 'geopandas', 'pyproj', 'pandas', 'pyogrio'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
