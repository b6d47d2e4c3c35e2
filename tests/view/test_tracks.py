"""Which fixes are whose, and how they travel in the page."""

from dataclasses import replace

import numpy as np

from sealtrack.columns import concat
from sealtrack.schema import FLAG_INVALID
from sealtrack.view.tracks import pack, tracks
from tests.view.scenes import DEPART_MS, drive, shipment


def test_a_seal_serves_one_shipment_after_the_other() -> None:
    first = shipment("first", "S1")
    second = replace(first, shipment_id="second", depart_at=DEPART_MS + 3_000_000)
    found = {track.shipment_id: track.parts[0] for track in tracks(drive("S1"), [second, first])}
    assert found["first"][-1, 0] == DEPART_MS / 1000 + 2_970
    assert found["second"][0, 0] == DEPART_MS / 1000 + 3_000


def test_a_closed_shipment_ends_with_its_closing() -> None:
    closed = replace(shipment("closed", "S1"), closed_at=DEPART_MS + 60_000)
    [track] = tracks(drive("S1"), [closed])
    assert track.parts[0][-1, 0] == DEPART_MS / 1000 + 60


def test_a_track_is_broken_where_nothing_was_heard() -> None:
    reports = drive("S1")
    reports.rows["time_ms"][100:] += 3_600_000
    [track] = tracks(reports, [shipment("gap", "S1")])
    assert [part[0, 0] - DEPART_MS / 1000 for part in track.parts] == [0, 100 * 30 + 3_600]


def test_places_that_are_no_fix_are_not_drawn() -> None:
    reports = drive("S1")
    reports.rows["lat"][10:20] = np.nan
    reports.rows["lat"][20:30] = reports.rows["lon"][20:30] = 0
    reports.rows["lat"][30:40] = -20
    reports.rows["flags"][30:40] = FLAG_INVALID
    [track] = tracks(reports, [shipment("holes", "S1")])
    assert np.all(track.parts[0][:, 1] == 20.85)


def test_late_reports_are_drawn_at_their_own_time() -> None:
    reports = drive("S1")
    shuffled = replace(reports, rows=reports.rows[::-1].copy())
    one, other = (tracks(feed, [shipment("late", "S1")])[0].parts for feed in (reports, shuffled))
    assert np.array_equal(one[0], other[0])


def test_a_shipment_without_a_fix_has_no_track() -> None:
    assert tracks(concat([]), [shipment("silent", "S1")]) == []


def test_packed_rows_are_differences_in_metres_and_seconds() -> None:
    columns = np.array([[100.0, 20.85, 106.7], [130.0, 20.850014, 106.69999], [160.4, 20.8499, 106.7]])
    flat = pack(columns.T, timed=True)
    restored = np.cumsum(np.reshape(flat, (3, 3)), axis=0) / [1, 1e5, 1e5]
    assert np.abs(restored - columns).max(axis=0).tolist() <= [0.5, 5.1e-6, 5.1e-6]


def test_a_page_of_full_budget_stays_below_five_megabytes() -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack((np.arange(2_000) * 30.0, 20 + np.cumsum(rng.normal(0, 0.003, (2_000, 2)), axis=0)))
    text = ",".join(map(str, pack(points.T, timed=True)))
    from sealtrack.view.tracks import POINT_BUDGET

    assert len(text) / 2_000 * POINT_BUDGET < 4_000_000
