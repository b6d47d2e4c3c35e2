"""The speed benchmark's own parts: its feed is what it says, and a row tells the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.detection.table import into_readme
from benchmarks.speed import curves, feed, table
from benchmarks.speed.decode import _traccar, native_values
from benchmarks.speed.row import Row
from sealtrack.io.codecs import codec
from sealtrack.io.ports import RecordBatch


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three trips are enough, and none is kept for others."""
    feed._driven.cache_clear()
    monkeypatch.setattr(feed, "DRIVEN", 3)
    yield
    feed._driven.cache_clear()


def test_a_national_feed_is_in_order_and_each_seal_has_its_shipment() -> None:
    reports, shipments = feed.national(7, 20)
    rows = reports.rows
    assert len(rows) == 7 * 20
    assert np.all(np.diff(rows["received_ms"]) >= 0)
    assert np.all(rows["received_ms"] - rows["time_ms"] == feed.LINK_MS)
    assert {reports.seals[code] for code in rows["seal"]} == {shipment.seal_id for shipment in shipments}
    by_seal = {shipment.seal_id: shipment for shipment in shipments}
    assert all(row["time_ms"] >= by_seal[reports.seals[row["seal"]]].depart_at for row in rows)


def test_a_tenth_comes_late_in_bursts() -> None:
    rows = feed.national(60, 400, late=0.1).reports.rows
    late = rows["received_ms"] - rows["time_ms"] > feed.LINK_MS
    assert 0.05 < late.mean() < 0.15
    assert np.all(rows["received_ms"] - rows["time_ms"] <= 3_600_000 + feed.LINK_MS)


def test_both_json_shapes_say_the_same_of_a_report() -> None:
    national = feed.national(3, 30)
    for name, values in (("json", native_values(national)), ("traccar", _traccar(national))):
        n = len(values)
        batch = RecordBatch("t", 0, np.arange(n), national.reports.rows["received_ms"], [None] * n, list(values))
        read, rejected = codec(name).decode_reports(batch)
        assert not rejected
        assert np.allclose(read.rows["lat"], national.reports.rows["lat"], atol=1e-6, equal_nan=True)
        assert [read.seals[code] for code in read.rows["seal"]] == [
            national.reports.seals[code] for code in national.reports.rows["seal"]
        ]


def test_the_table_has_a_line_a_row_and_says_what_was_not_measured(tmp_path: Path) -> None:
    rows = [Row("a", "≥ 2×", "3×", met=True, figures={"x": 1.5}), Row("b", "≤ 1", "2", met=False, why="because")]
    rows.append(Row("c", "≥ 1", "not measured: no broker", None, why="in vain"))
    text = table.as_text(rows)
    assert "- *b*: because" in text
    assert "- *c*: in vain" in text
    assert "- *a*" not in text
    assert "waiting for memory" in table.as_text([Row("core, full rule set, in order", "≥ 10", "1", met=False)])
    assert "| a | ≥ 2× | 3× | reached |" in text
    assert "| b | ≤ 1 | 2 | **falls short** |" in text
    assert [row["what"] for row in json.loads(table.as_json(rows, 1.0))["rows"]] == [row.what for row in rows]
    page = tmp_path / "README.md"
    page.write_text("before\n<a>\nold\n<b>\nafter\n", encoding="utf-8")
    into_readme(text, page, "<a>", "<b>")
    assert page.read_text(encoding="utf-8") == f"before\n<a>\n{text}\n<b>\nafter\n"


def test_a_measure_that_fails_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_scale: float) -> list[Row]:
        raise ImportError("no such peer")

    monkeypatch.setattr(table, "MEASURES", {"broken": broken, "fine": lambda _scale: [Row("a", "", "", met=True)]})
    rows = table.measure(["broken", "fine"], 1.0, lambda _line: None)
    assert [(row.what, row.met) for row in rows] == [("broken", None), ("a", True)]
    assert "no such peer" in rows[0].result


def test_each_curve_is_drawn(tmp_path: Path) -> None:
    curves.draw({"zones": {100: 900.0, 10_000: 950.0}, "workers": {1: 1_200.0, 4: 1_250.0}}, tmp_path / "curves.svg")
    drawn = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert all(name in drawn for name in ("zones", "workers", "ns of processor time a report"))


def test_a_route_is_given_more_vertices_and_stays_where_it_is(tmp_path: Path) -> None:
    plain, thicker = (curves._with_vertices(tmp_path, count) for count in (2, 2_000))
    assert len(thicker.fences.vertices) > len(plain.fences.vertices) + 1_000
    route = plain.route_ids.index(curves.ROUTE)
    lengths_m = [one.fences.routes[route]["length_m"] for one in (plain, thicker)]
    assert lengths_m[1] == pytest.approx(lengths_m[0], rel=1e-4)
