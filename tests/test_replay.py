"""Replay as a library: what it reads, in which order, and what is left at the end."""

import random
from pathlib import Path
from typing import Any

import pytest

from sealtrack import geofence
from sealtrack.differences import differences
from sealtrack.errors import InputError
from sealtrack.io.files import read_shipments
from sealtrack.replay import ReplayResult, final, replay
from sealtrack.schema import Alert, Status
from tests import feeds
from tests.view.scenes import alert


def judge(folder: Path, *files: list[dict[str, Any]]) -> ReplayResult:
    """Each list of reports is one feed."""
    paths = [feeds.write_csv(folder / f"feed{number}.csv", rows) for number, rows in enumerate(files)]
    shipments, _ = read_shipments(feeds.write_shipments(folder, VN1="S1", VN2="S2"))
    return replay(paths, geofence.load(feeds.write_fences(folder)), shipments)


def said(result: ReplayResult) -> list[tuple[str, str, int, int | None]]:
    return [(a.shipment_id, a.kind, a.start, a.end) for a in result.alerts]


def test_a_feed_in_any_order_is_judged_by_received(tmp_path: Path) -> None:
    rows = feeds.drive("S1", halt_min=30)
    shuffled = random.Random(5).sample(rows, len(rows))
    one, other = judge(tmp_path, rows), judge(tmp_path, shuffled)
    assert said(one) == said(other)
    assert {alert.kind for alert in one.alerts} == {"unauthorised_stop", "silent_shipment"}  # the other truck's
    assert [a.version for a in one.history] == [a.version for a in other.history]


def test_feeds_are_merged(tmp_path: Path) -> None:
    rows = feeds.drive("S1", halt_min=30)
    apart = judge(tmp_path, rows[1::2], rows[::2])
    assert said(apart) == said(judge(tmp_path, rows))
    assert apart.reports.rows["partition"].tolist()[:4] == [1, 0, 1, 0]


def test_the_flagged_record_is_what_the_service_would_publish(tmp_path: Path) -> None:
    result = judge(tmp_path, feeds.drive("S1", halt_min=30) + feeds.drive("S2"))
    [record] = result.flagged
    assert (record["shipment_id"], record["severity"], record["alerts"]) == ("VN1", "warning", 1)
    assert record["incident"]["alert_ids"] == [result.alerts[0].alert_id]


def test_progress_ends_with_everything(tmp_path: Path) -> None:
    path = feeds.write_csv(tmp_path / "feed.csv", feeds.drive("S1"))
    told: list[tuple[str, int, int]] = []
    replay([path, path], geofence.load(feeds.write_fences(tmp_path)), [], on_progress=lambda *news: told.append(news))
    size = 2 * path.stat().st_size
    assert ("read", size, size) in told
    assert told[-1] == ("judge", 240, 240)


def test_a_missing_feed_says_which(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv"):
        replay([tmp_path / "none.csv"], geofence.load(feeds.write_fences(tmp_path)), [])


def versions() -> list[Alert]:
    return [
        alert("B", "S2", alert_id="late", start=2_000),
        alert("A", "S1", alert_id="gone"),
        alert("A", "S1", alert_id="early", start=1_000),
        alert("A", "S1", alert_id="gone", version=2, status=Status.retracted),
        alert("B", "S2", alert_id="late", start=2_000, version=2, severity="warning"),
    ]


def test_final_is_the_last_version_of_what_stands_by_start() -> None:
    assert [(a.alert_id, a.version) for a in final(versions())] == [("early", 1), ("late", 2)]


def test_final_does_not_depend_on_the_order_of_versions() -> None:
    assert final(reversed(versions())) == final(versions())


def test_histories_that_end_alike_do_not_differ() -> None:
    assert differences(versions(), final(versions())) == []


def test_where_the_reports_were_read_is_no_difference() -> None:
    live = alert(
        "A", "S1", alert_id="x", evidence={"partition": 7, "first_offset": 100, "last_offset": 130, "reports": 3}
    )
    recorded = alert(
        "A", "S1", alert_id="x", evidence={"partition": 0, "first_offset": 1, "last_offset": 4, "reports": 3}
    )
    assert differences([live], [recorded]) == []


def test_differences_name_alert_field_and_both_values() -> None:
    ours = alert("A", "S1", alert_id="x", end=None, evidence={"max_offset_m": 10, "card": "1"})
    theirs = alert("A", "S1", alert_id="x", end=1_000, evidence={"max_offset_m": 12, "card": "1"}, version=7)
    [line] = differences([ours], [theirs])
    assert "seal_open of A" in line
    assert "end none | 1970-01-01T00:00:01.000Z" in line
    assert "evidence.max_offset_m 10 | 12" in line
    assert "card" not in line
    assert "version" not in line
