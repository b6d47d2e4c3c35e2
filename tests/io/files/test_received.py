"""When a report of a file counts as received, where the file does not say."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sealtrack.columns import blank_rows
from sealtrack.errors import Rejected
from sealtrack.io.codecs.pack import Draft
from sealtrack.io.files import read_reports
from sealtrack.io.files.received import ReceivedClock
from tests.io.codecs.builders import TIME_MS

NEVER_SET = 946_684_981_000
"""2000-01-01T00:03:01Z"""


def received(
    tmp_path: Path, *rows: list[Any], names: tuple[str, ...] = ("seal_id", "time", "lock", "received")
) -> tuple[list[int], list[int], list[Rejected]]:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])
    ((reports, rejected),) = read_reports(path)
    return reports.rows["received_ms"].tolist(), reports.rows["time_ms"].tolist(), rejected


def test_the_column_counts_and_else_the_time(tmp_path: Path) -> None:
    stamps, _, _ = received(tmp_path, ["S", TIME_MS, "", TIME_MS + 5], ["S", TIME_MS - 9, "", ""])
    assert stamps == [TIME_MS + 5, TIME_MS - 9]


def test_a_clock_never_set_is_received_after_the_rows_before(tmp_path: Path) -> None:
    stamps, times, _ = received(
        tmp_path,
        ["S", TIME_MS + 50, "", ""],
        ["S", TIME_MS, "", ""],
        ["S", NEVER_SET, "cut", ""],
        ["S", TIME_MS + 90, "", ""],
    )
    assert stamps == [TIME_MS + 50, TIME_MS, TIME_MS + 50, TIME_MS + 90]
    assert times[2] == NEVER_SET, "the rules, not the reader, decide what such a time means"


def test_at_the_top_of_a_file_the_next_row_tells(tmp_path: Path) -> None:
    stamps, _, _ = received(tmp_path, ["S", NEVER_SET, "cut", ""], ["S", TIME_MS, "", ""])
    assert stamps == [TIME_MS, TIME_MS]


def test_a_stated_stamp_is_kept_beside_a_clock_never_set(tmp_path: Path) -> None:
    stamps, _, _ = received(tmp_path, ["S", TIME_MS, "", ""], ["S", NEVER_SET, "cut", TIME_MS + 7])
    assert stamps == [TIME_MS, TIME_MS + 7]


def test_a_feed_from_before_2010_keeps_its_own_times(tmp_path: Path) -> None:
    stamps, _, _ = received(tmp_path, ["S", 1000, "", ""], ["S", 2000, "", ""])
    assert stamps == [1000, 2000]


def test_a_seal_event_with_an_unreadable_time_is_judged_when_it_was_received(tmp_path: Path) -> None:
    stamps, times, rejected = received(
        tmp_path, ["S", TIME_MS, "", ""], ["S", "?", "cut", ""], ["S", "?", "cut", TIME_MS + 3], ["S", "?", "", ""]
    )
    assert stamps == times == [TIME_MS, TIME_MS, TIME_MS + 3]
    assert [(one.offset, one.field) for one in rejected] == [(2, "time"), (3, "time"), (4, "time")]


def test_a_stated_stamp_is_never_replaced(tmp_path: Path) -> None:
    stamps, _, _ = received(tmp_path, ["S", TIME_MS, "", ""], ["S", TIME_MS, "", 915_148_800_000])
    assert stamps == [TIME_MS, 915_148_800_000]


def test_the_clock_runs_on_from_chunk_to_chunk() -> None:
    clock = ReceivedClock()
    first, second = (Draft(blank_rows(1)) for _ in range(2))
    first.rows["time_ms"], second.rows["time_ms"] = TIME_MS, NEVER_SET
    clock.fill(first)
    clock.fill(second)
    assert second.rows["received_ms"].tolist() == [TIME_MS]
