"""`sealtrack bench`: figures for a user's own feed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sealtrack import geofence
from sealtrack.bench import measure
from sealtrack.bench.locating import NO_ROUTE, routes_by_seal
from sealtrack.cli.main import app
from sealtrack.io.files import read_shipments
from tests.feeds import FENCES, drive, write_csv, write_fences, write_shipments

STAGES = ["read", "decode", "locate", "rules", "publish"]


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    feed = write_csv(tmp_path / "feed.csv", [*drive("S1", halt_min=20), *drive("S2")])
    return [
        *(str(feed), "--geofences", str(write_fences(tmp_path))),
        *("--shipments", str(write_shipments(tmp_path, VN1="S1", VN2="S2"))),
    ]


def test_each_stage_is_told_and_drawn(inputs: list[str], tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["bench", *inputs, "--plot", str(tmp_path / "speed.svg"), "--threads", "3"])
    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert lines[0].startswith("240 reports, 2 shipments, ")
    assert [line.split()[0] for line in lines[1:6]] == STAGES
    assert re.fullmatch(r"file to alerts: .* by the clock; one thread reads, 3 judge", lines[6])
    assert re.search(r"p50 [\d.]+ ms, p95 [\d.]+ ms, p99 [\d.]+ ms", lines[7])
    assert re.fullmatch(r"memory: [\d.]+ KB a shipment; as a snapshot [\d.]+ KB", lines[8])
    drawn = ET.parse(tmp_path / "speed.svg")  # noqa: S314 - our own
    said = "".join(drawn.getroot().itertext())
    assert all(stage in said for stage in STAGES)


def test_the_stages_add_up_to_what_they_did(inputs: list[str]) -> None:
    found = measure([inputs[0]], geofence.load(inputs[2]), read_shipments(inputs[4])[0])
    assert found.alerts > 0, "the halt is an offence"
    for stage in found.stages:
        assert stage.seconds == 0 or stage.reports_per_s == pytest.approx(found.reports / stage.seconds)
    assert np.all(found.latency_s > 0)
    assert found.state_bytes > 120 * 88, "the tail's reports, 120 a shipment"
    assert found.memory_bytes > 120 * 40, "reports may be packed tighter than in a snapshot"


def test_fixes_are_located_along_the_route_of_their_own_shipment(tmp_path: Path) -> None:
    far = ({"id": "R0", "kind": "corridor", "half_width_m": 500}, "LineString", [[102.0, 15.0], [102.1, 15.0]])
    catalogue = geofence.load(write_fences(tmp_path, [far, *FENCES]))
    shipments, _ = read_shipments(write_shipments(tmp_path, VN1="S1"))
    routes = routes_by_seal(catalogue, shipments, ["S1", "nobody's"])
    assert [catalogue.route_ids[routes[0]], routes[1]] == ["R1", NO_ROUTE]


def test_a_feed_without_a_usable_report_is_one_line(inputs: list[str], tmp_path: Path) -> None:
    empty = write_csv(tmp_path / "empty.csv", [{"seal_id": "", "time": "noon"}])
    found = CliRunner().invoke(app, ["bench", str(empty), *inputs[1:]])
    assert found.exit_code == 2
    assert "holds no report that can be used" in found.output
