"""The unit and the image, as far as they can be held to something without starting them."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from sealtrack.settings_file import load

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "deploy" / "systemd" / "sealtrack.service"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    if line.strip()
]
EXPOSURE_TENTHS = 20
"""systemd's own measure: below 2.0 of 10 is "OK"."""


def values(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("systemd-analyze is not there; install systemd to check the unit")
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=False)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    here.write_text(text.replace("/opt/sealtrack/bin/sealtrack", sys.executable), encoding="utf-8")
    done = systemd_analyze("verify", "--man=no", str(here))
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, said) == (0, [])


def test_the_unit_leaves_little_to_a_break_in() -> None:
    done = systemd_analyze("security", "--offline=true", f"--threshold={EXPOSURE_TENTHS}", str(UNIT))
    assert done.returncode == 0, done.stdout


def test_the_settings_of_the_unit_and_the_image_are_ours() -> None:
    unit = re.findall(r"^#?Environment=(SEALTRACK_\w+)=(\S+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    image = re.findall(r"\b(SEALTRACK_\w+)=(\S+)", " ".join(values("ENV")))
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["sealtrack"]
    for found in (unit, image, list(compose["environment"].items())):
        settings = {name: value.replace("%H", "host") for name, value in found if not name.endswith("_FILE")}
        assert settings
        load(environment=settings)  # refuses a name that is none, or a value that cannot be


def test_the_image_is_built_of_what_it_copies(tmp_path: Path) -> None:
    source = tmp_path / "src"
    for rest in values("COPY"):
        if not rest.startswith("--from"):
            *names, target = rest.split()
            for name in names:
                place = source / target / name if target == "./" else source / target
                place.parent.mkdir(parents=True, exist_ok=True)
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, place)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any("_data/geofences" in name for name in names)
    assert any("_data/replay/scenarios/haiphong-huunghi" in name for name in names)


def test_the_builder_gets_what_is_copied() -> None:
    """.dockerignore leaves all out but what it names."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    given = {line[1:] for line in lines if line.startswith("!")}
    copied = {name for rest in values("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]}
    assert copied == given


def test_the_image_is_not_root_and_watched_and_names_no_mirror() -> None:
    names = [name for name, _ in INSTRUCTIONS]
    last = len(names) - 1 - names[::-1].index("FROM")
    final = INSTRUCTIONS[last:]
    users = [rest for name, rest in final if name == "USER"]
    assert users
    assert all(not user.startswith(("root", "0")) for user in users)
    assert "sealtrack warmup" in [rest for name, rest in final[[n for n, _ in final].index("USER") :] if name == "RUN"]
    assert "/healthz" in " ".join(values("HEALTHCHECK"))
    assert values("STOPSIGNAL") == ["SIGTERM"]
    hosts = set(re.findall(r"https?://([^/:'\"\s]+)", DOCKERFILE))
    assert hosts <= {"127.0.0.1"}
    assert "index-url" not in DOCKERFILE
    assert all("/" not in rest.split()[0] for rest in values("FROM"))


def test_the_unit_stops_later_than_a_transaction_and_starts_later_than_a_compiler() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign] # keys keep their letters
    unit.read(UNIT, encoding="utf-8")
    assert float(unit["Service"]["TimeoutStopSec"]) > 2 * load(environment={}).kafka.transaction_timeout_s
    assert float(unit["Service"]["TimeoutStartSec"]) >= 300
