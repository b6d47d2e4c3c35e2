"""The page holds what it needs, and nothing that others wrote into names becomes markup or script."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sealtrack.feeds import Whole
from sealtrack.replay import ReplayResult
from sealtrack.view import map_page
from tests.view import scenes


@pytest.fixture
def html(tmp_path: Path) -> str:
    result, shipments = scenes.guilty_and_innocent()
    return map_page(result, scenes.catalogue(tmp_path), shipments)


def embedded(html: str) -> Any:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert match
    return json.loads(match[1])


def test_hostile_names_stay_data(html: str) -> None:
    assert "<img" not in html
    assert html.lower().count("<script") == html.lower().count("</script") == 2
    assert embedded(html)["flagged"][0]["shipment_id"] == scenes.HOSTILE
    assert embedded(html)["flagged"][0]["declared"]["carrier"] == scenes.HOSTILE


def test_it_names_no_other_file_or_host(html: str) -> None:
    ours = re.sub(r'id="data">.*?</script>', "", html, flags=re.DOTALL)
    assert not re.search(r"https?:|//[a-z]|src=|href=|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(", ours)


def test_the_policy_allows_its_own_script_and_style_only(html: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    assert policy[1].startswith("default-src 'none'")
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert text
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]


def test_the_scene_is_complete(html: str) -> None:
    data = embedded(html)
    assert data["counts"] == {"shipments": 2, "reports": 400}
    assert [(zone["name"], zone["role"], zone["used"]) for zone in data["zones"]] == [
        ("Bãi Đình Vũ", "customs_yard", True)
    ]
    assert [(route["half_width_m"], route["used"]) for route in data["routes"]] == [(500.0, True)]
    assert sorted(track["shipment_id"] for track in data["tracks"]) == sorted([scenes.HOSTILE, "innocent"])
    assert [alert["lat"] for alert in data["alerts"]] == [20.86, None]


def test_the_same_replay_gives_the_same_page(html: str, tmp_path: Path) -> None:
    result, shipments = scenes.guilty_and_innocent()
    assert map_page(result, scenes.catalogue(tmp_path), shipments) == html


def test_a_replay_without_anything_is_a_page_too(tmp_path: Path) -> None:
    empty = ReplayResult([], [], [], Whole([], ([], []), []))
    data = embedded(map_page(empty, scenes.catalogue(tmp_path), []))
    assert data["tracks"] == data["flagged"] == []


def test_alerts_beyond_the_room_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, shipments = scenes.guilty_and_innocent()
    monkeypatch.setattr("sealtrack.view.scene.ALERTS_DRAWN", 1)
    data = embedded(map_page(result, scenes.catalogue(tmp_path), shipments))
    assert data["flagged"] == data["alerts"] == []
    assert data["omitted"].startswith("2 alerts")
