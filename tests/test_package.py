"""What somebody gets who installs the wheel."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run_installed(installed: Path, code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=installed.parent, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_only_sealtrack_is_installed(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {"sealtrack"}


def test_the_whole_catalogue_and_the_demo_travel_along(installed: Path) -> None:
    code = "from sealtrack.data import path; print(path('geofences')); print(path('replay/scenarios/haiphong-huunghi'))"
    geofences, demo = map(Path, run_installed(installed, code).split())
    assert geofences.is_relative_to(installed)
    assert {file.name for file in geofences.iterdir()} == {file.name for file in (ROOT / "geofences").glob("*.geojson")}
    assert [file.name for file in demo.glob("feed.*")]


def test_the_map_travels_along(installed: Path) -> None:
    assert run_installed(installed, "from sealtrack.view.page import fill_page; print(fill_page({}))").startswith(
        "<!doctype html>"
    )


def test_its_types_are_for_others_too(installed: Path) -> None:
    assert (installed / "sealtrack" / "py.typed").is_file(), "without it a type checker takes no notice of ours"


def test_a_checkout_reads_its_own_data() -> None:
    from sealtrack import data

    assert data.path("geofences") == ROOT / "geofences"
