"""Reports that are written and read again are the same reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sealtrack.columns import Reports, blank_rows, concat
from sealtrack.errors import TransportError, UsageError
from sealtrack.io.files import read_reports
from sealtrack.io.files.report_writer import writing_lines, writing_reports
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, REPORT_DTYPE, Lock

NAMES = ["feed.ndjson", "feed.jsonl", "feed.csv", "feed.parquet"]
NAMES += [f"{name}{packed}" for name in ("feed.ndjson", "feed.csv") for packed in (".gz", ".zst")]
T0_MS = 1_772_600_400_123


def everything() -> Reports:
    """A row for each event and lock, rows with nothing but what is required, and text that formats trip over."""
    rows = blank_rows(len(EVENT_BIT) + 2)
    n = np.arange(len(rows))
    rows["seal"], rows["time_ms"], rows["received_ms"] = n % 3, T0_MS + 1001 * n, T0_MS + 5003 * n
    rows["partition"], rows["offset"] = 2, 70 + n
    full = rows[:-2]
    full["events"] = list(EVENT_BIT.values())
    full["events"][0] = sum(EVENT_BIT.values())
    full["lat"], full["lon"] = 20.85 + n[:-2] / 7, -106.5 - n[:-2] / 3
    full["speed_kmh"], full["heading_deg"] = np.float32(40.1), np.float32(359.99)
    full["accuracy_m"], full["battery_pct"] = np.float32(1e-3), 0
    full["satellites"], full["seq"] = 0, 2**53 - n[:-2]
    full["lock"], full["card"] = n[:-2] % len(Lock), n[:-2] % 2
    full["flags"] = np.where(n[:-2] % 2, FLAG_INVALID, FLAG_BUFFERED)
    return Reports(rows, ["7900000001", '=1+"2",\n;x', "Hữu Nghị"], ["card;1", "0007"])


def read(path: Path) -> Reports:
    found = list(read_reports(path))
    assert not [one for _, rejected in found for one in rejected]
    return concat([reports for reports, _ in found])


def texts(reports: Reports, column: str, names: list[str]) -> list[str | None]:
    return [None if code < 0 else names[code] for code in reports.rows[column].tolist()]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_what_was_written(tmp_path: Path, name: str) -> None:
    wrote = everything()
    with writing_reports(tmp_path / name) as write:
        write(wrote[:5])
        write(wrote[5:])
    found = read(tmp_path / name)
    assert texts(found, "seal", found.seals) == texts(wrote, "seal", wrote.seals)
    assert texts(found, "card", found.cards) == texts(wrote, "card", wrote.cards)
    for column in REPORT_DTYPE.names or ():
        if column not in ("seal", "card", "partition", "offset"):  # names by number, and where it was read
            np.testing.assert_array_equal(found.rows[column], wrote.rows[column], column)


@pytest.mark.parametrize("name", ["feed.ndjson", "feed.csv", "feed.parquet"])
def test_where_each_was_read_is_kept_beside(tmp_path: Path, name: str) -> None:
    with writing_reports(tmp_path / name) as write:
        write(everything())
    path = tmp_path / name
    if path.suffix == ".ndjson":
        table = pd.read_json(path, lines=True)
    else:
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    assert set(table["partition"]) == {2}
    assert table["offset"].tolist() == everything().rows["offset"].tolist()


def test_a_file_of_which_the_writing_failed_is_not_there(tmp_path: Path) -> None:
    def fail() -> None:
        with writing_reports(tmp_path / "feed.csv.gz") as write:
            write(everything())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["feed.xml", "feed.parquet.gz"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="feed"), writing_reports(tmp_path / name):
        pass
    with pytest.raises(UsageError, match="csv"), writing_lines(tmp_path / "lines.csv"):
        pass


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="cannot be written"), writing_reports(tmp_path / "no" / "feed.csv"):
        pass
