"""Reading reports from files: formats agree, bad rows are named, bad files are one line."""

from __future__ import annotations

import csv
import gzip
import io
import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sealtrack.columns import Reports, concat
from sealtrack.errors import InputError, Rejected, UsageError
from sealtrack.io.files import read_reports
from sealtrack.io.files.opening import BLOCK_BYTES
from sealtrack.schema import NO_TIME, FieldType, Lock, Report, fields
from tests.io.codecs.builders import TIME, TIME_MS, clean_reports, report
from tests.io.codecs.test_traccar import message

NAMES = [item.name for item in fields(Report)]
ARROW = {FieldType.FLOAT: pa.float64(), FieldType.INT: pa.int64(), FieldType.BOOL: pa.bool_()}
ARROW |= {FieldType.TIME: pa.timestamp("ms", "UTC"), FieldType.LIST: pa.list_(pa.string())}
SCHEMA = pa.schema([(item.name, ARROW.get(item.f.type, pa.string())) for item in fields(Report)])


def read(path: Path, **options: Any) -> tuple[Reports, list[Rejected]]:
    chunks = list(read_reports(path, **options))
    return concat([reports for reports, _ in chunks]), [one for _, bad in chunks for one in bad]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, list) else str(value)


def write_csv(path: Path, rows: list[dict[str, Any]], names: list[str] = NAMES) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([as_text(row.get(name)) for name in names] for row in rows)
    return path


def write_ndjson(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def same(a: Reports, b: Reports) -> None:
    assert repr(a.rows.tolist()) == repr(b.rows.tolist())
    assert (a.seals, a.cards) == (b.seals, b.cards)


@settings(deadline=None, max_examples=50)
@given(st.lists(clean_reports, min_size=1, max_size=8))
def test_all_formats_read_the_same(rows: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        at = Path(folder)
        from_csv, csv_bad = read(write_csv(at / "a.csv", rows))
        from_ndjson, ndjson_bad = read(write_ndjson(at / "a.ndjson", rows))
        from_parquet, parquet_bad = read(write_parquet(at / "a.parquet", rows))
    assert csv_bad == ndjson_bad == parquet_bad == []
    same(from_csv, from_ndjson)
    same(from_csv, from_parquet)


spellings = ["", "1", "-1", "91", "1e2", "+7", " 8 ", "nan", "1,5", "1_0", "٣", "x", "true", "cut", "CUT", "a;b", "é"]
moments = [TIME, "2024-05-01T15:00:00.1239+07:00", "2024-05-01T08:00:00", "2024-02-30T00:00:00Z", "1714550400000.0"]
cells = st.sampled_from([*spellings, *moments, "9" * 20])


@settings(deadline=None, max_examples=100)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, cells)), min_size=1, max_size=6))
def test_all_formats_refuse_the_same(rows: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        at = Path(folder)
        results = [
            read(write_csv(at / "a.csv", rows)),
            read(write_ndjson(at / "a.ndjson", rows)),
            read(write_parquet(at / "a.parquet", rows, pa.schema([(name, pa.string()) for name in NAMES]))),
        ]
    reports, rejected = results[0]
    for other_reports, other_rejected in results[1:]:
        same(reports, other_reports)
        assert [one[2:6] for one in other_rejected] == [one[2:6] for one in rejected]


def test_rows_are_numbered_from_one_and_named_in_errors(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(
        b"\xef\xbb\xbfseal_id,time,lat,lon,lock,note\r\n"
        b"S1,2024-05-01T08:00:00Z,1,2,cut,\xff\r\n"
        b"\r\n"
        b"S1,2024-05-01T08:00:30Z,ninety,2,cut,x\r\n"
        b"S1,2024-05-01T08:01:00Z,1\r\n"
        b"S1,2024-05-01T08:01:30Z,1,2,\xff,x\r\n"
        b",2024-05-01T08:02:00Z,1,2,cut,x\r\n"
        b"S1,2024-05-01T08:02:30Z,1,2,cut,x\r\n"
    )
    reports, rejected = read(path)
    assert reports.rows["offset"].tolist() == [1, 2, 4, 6]
    assert [(one.offset, one.field, one.reason) for one in rejected] == [
        (2, "lat", "not_a_number"),
        (3, "", "wrong_columns"),
        (4, "lock", "not_utf8"),
        (5, "seal_id", "missing"),
    ]
    assert rejected[0].value == b"S1,2024-05-01T08:00:30Z,ninety,2,cut,x"
    assert rejected[1].value == b"S1,2024-05-01T08:01:00Z,1"
    assert rejected[2].value == b"S1,2024-05-01T08:01:30Z,1,2,\xff,x"
    assert str(rejected[0]).startswith(f"{path}, 0:2, field lat: 'ninety' is not a number")


def test_one_impossible_date_costs_one_row(tmp_path: Path) -> None:
    rows = [report(), report(time="2024-02-30T00:00:00Z"), report(time="2024-05-01T08:01:00+07:00")]
    reports, rejected = read(write_csv(tmp_path / "a.csv", rows))
    assert reports.rows["offset"].tolist() == [1, 3]
    assert [(one.offset, one.field) for one in rejected] == [(2, "time")]


def test_a_quote_that_is_not_closed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"S{n},{TIME_MS + n}\n" for n in range(60)]
    rows[4] = f'"S4,{TIME_MS}\n'
    (tmp_path / "a.csv").write_text("seal_id,time\n" + "".join(rows))
    reports, [hidden] = read(tmp_path / "a.csv")
    assert len(reports) == 4
    assert (hidden.offset, hidden.value.decode()) == (5, "".join(rows[4:]).rstrip("\n"))
    assert "close each quote: the row goes on for 55 more lines" in hidden.message
    monkeypatch.setattr("sealtrack.io.files.csv_reports.BLOCK_BYTES", 200)
    with pytest.raises(InputError, match=r"a\.csv: a row after row \d+ has no end: a quote is opened there"):
        read(tmp_path / "a.csv")


def test_ndjson_counts_lines_and_bounds_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps(report()).encode()
    path.write_bytes(b"\n" + good + b"\r\n\n{\n" + b"x" * 3_000_000 + b"\n" + good)
    reports, rejected = read(path)
    assert reports.rows["offset"].tolist() == [2, 6]
    assert [(one.offset, one.reason) for one in rejected] == [(4, "not_json"), (5, "too_large")]


def test_an_endless_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"x" * (5 * BLOCK_BYTES // 2) + b"\n" + json.dumps(report()).encode())
    reports, rejected = read(path)
    assert reports.rows["offset"].tolist() == [2]
    assert [(one.offset, one.reason) for one in rejected] == [(1, "too_large")]
    assert len(rejected[0].value) < BLOCK_BYTES


def test_ndjson_may_mix_native_and_traccar_lines(tmp_path: Path) -> None:
    line = message({"eventSource": 1}, serverTime="2024-05-01T08:00:09Z")
    reports, rejected = read(write_ndjson(tmp_path / "a.ndjson", [report(lock="locked"), line]))
    assert not rejected
    assert reports.rows["lock"].tolist() == [Lock.locked, Lock.unlocked]
    assert reports.rows["received_ms"].tolist() == [TIME_MS, TIME_MS + 9000], "Traccar's serverTime"


@pytest.mark.parametrize("suffix", [".csv", ".ndjson"])
def test_compressed_files_read_the_same(tmp_path: Path, suffix: str) -> None:
    rows = [report(seal_id=f"S{i % 7}", lat=i / 100, lon=i / 50) for i in range(500)]
    plain = (write_csv if suffix == ".csv" else write_ndjson)(tmp_path / f"a{suffix}", rows)
    (tmp_path / f"a{suffix}.gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    (tmp_path / f"a{suffix}.zst").write_bytes(zstandard.compress(plain.read_bytes()))
    expected, _ = read(plain)
    for ending in (".gz", ".zst"):
        same(expected, read(tmp_path / f"a{suffix}{ending}")[0])


def test_large_files_come_in_chunks_with_progress(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    n = 150_000
    row = b"S1,1714550400000,21.000001,105.000001,55.5,cut,rope_cut;vibration,padding padding padding\n"
    path.write_bytes(b"seal_id,time,lat,lon,speed,lock,events,note\n" + row * n)
    seen = []
    chunks = [reports for reports, _ in read_reports(path, on_progress=lambda done, total: seen.append((done, total)))]
    assert len(chunks) > 1
    assert np.array_equal(np.concatenate([chunk.rows["offset"] for chunk in chunks]), np.arange(1, n + 1))
    assert seen[-1] == (path.stat().st_size,) * 2
    assert seen == sorted(seen)


def test_parquet_from_data_frames(tmp_path: Path) -> None:
    """Types that pandas and polars write: categories, small floats, NaN for null, nanoseconds, large text."""
    table = pa.table(
        {
            "seal_id": pa.array(["S1", "S2"]).dictionary_encode(),
            "time": pa.array([TIME_MS * 1_000_000 + 999_999] * 2, pa.timestamp("ns", "Asia/Ho_Chi_Minh")),
            "lat": pa.array([21.5, np.nan], pa.float32()),
            "lon": pa.array([105, None], pa.int16()),
            "card": pa.array(["c", None], pa.large_string()),
            "satellites": pa.array([9.0, None], pa.float64()),
            "received": pa.array([TIME_MS + 1, None], pa.int64()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    reports, rejected = read(tmp_path / "a.parquet")
    assert not rejected
    assert reports.rows["time_ms"].tolist() == [TIME_MS] * 2
    assert reports.rows["received_ms"].tolist() == [TIME_MS + 1, TIME_MS]
    assert reports.rows["satellites"].tolist() == [9, -1]
    assert reports.rows[["lat", "lon"]].tolist()[0] == (21.5, 105.0)
    assert (reports.seals, reports.cards) == (["S1", "S2"], ["c"])


@pytest.mark.parametrize("index", [pa.int8(), pa.uint8(), pa.uint32()])
def test_parquet_categories_that_no_row_has(tmp_path: Path, index: pa.DataType) -> None:
    """What data frames keep when rows were filtered out: neither a seal that never reported nor a fault."""
    seals = pa.DictionaryArray.from_arrays(pa.array([2, 0, 2, None], index), ["S0", "gone", "S2"])
    locks = pa.DictionaryArray.from_arrays(pa.array([1, 1, None, 1], index), ["no lock", "cut"])
    pq.write_table(pa.table({"seal_id": seals, "time": [TIME_MS] * 4, "lock": locks}), tmp_path / "a.parquet")
    reports, rejected = read(tmp_path / "a.parquet")
    assert [(one.offset, one.field, one.reason) for one in rejected] == [(4, "seal_id", "missing")]
    assert sorted(reports.seals) == ["S0", "S2"]
    assert [reports.seals[code] for code in reports.rows["seal"]] == ["S2", "S0", "S2"]
    assert reports.rows["lock"].tolist() == [Lock.cut, Lock.cut, Lock.unknown]


def test_parquet_columns_of_a_wrong_type_cost_only_themselves(tmp_path: Path) -> None:
    odd = {
        "lat": [{"deg": 21}],
        "speed": [[1.0, 2.0]],
        "accuracy": [Decimal("4.5")],
        "lock": [3],
        "battery": [True],
        "events": ["rope_cut"],
        "seq": pa.array([2**64 - 1], pa.uint64()),
        "time": pa.array([float(TIME_MS)]),
    }
    pq.write_table(pa.table({"seal_id": ["S"], **odd}), tmp_path / "a.parquet")
    reports, rejected = read(tmp_path / "a.parquet")
    assert {(one.field, one.reason) for one in rejected} == {
        ("lat", "not_a_number"),
        ("speed", "not_a_number"),
        ("lock", "unknown_choice"),
        ("battery", "not_a_number"),
        ("seq", "out_of_range"),
    }
    assert reports.rows[["time_ms", "accuracy_m", "events"]].tolist() == [(TIME_MS, 4.5, 1)]


def test_gpx_tracks(tmp_path: Path) -> None:
    path = tmp_path / "truck 7.gpx"
    path.write_text(
        '<gpx version="1.0" xmlns="http://www.topografix.com/GPX/1/0"><trk><name>S9</name><trkseg>'
        '<trkpt lat="21.5" lon="105.5"><time>2024-05-01T08:00:00Z</time><speed>10</speed></trkpt>'
        '<trkpt lat="21.6" lon="105.6"></trkpt></trkseg></trk>'
        '<trk><trkseg><trkpt lat="1" lon="2"><time>2024-05-01T15:01:00+07:00</time></trkpt></trkseg></trk></gpx>'
    )
    reports, rejected = read(path)
    assert reports.seals == ["S9", "truck 7"]
    assert reports.rows["time_ms"].tolist() == [TIME_MS, TIME_MS + 60_000]
    assert reports.rows["speed_kmh"][0] == 36
    assert [(one.offset, one.field, one.reason) for one in rejected] == [(2, "time", "missing")]


def test_an_odd_value_in_gpx_costs_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "a.gpx").write_text(
        '<gpx xmlns="http://www.topografix.com/GPX/1/1" xmlns:x="urn:device"><trk><trkseg>'
        '<trkpt lat="21,5" lon="105.5"><time>2024-05-01T08:00:00</time><sat>many</sat></trkpt>'
        '<trkpt lat="21.5" lon="105.5"><time>2024-05-01T08:01:00.5Z</time><sat>9</sat><extensions><x:tpx>'
        "<x:speed>10</x:speed><x:course>270</x:course></x:tpx></extensions></trkpt>"
        '<trkpt lat="21.5" lon="105.5"><time>noon</time><speed>fast</speed></trkpt></trkseg></trk></gpx>'
    )
    reports, rejected = read(tmp_path / "a.gpx")
    assert [(one.offset, one.field) for one in rejected] == [(1, "lat"), (1, "satellites"), (3, "time"), (3, "speed")]
    assert reports.rows["time_ms"].tolist() == [TIME_MS, TIME_MS + 60_500]
    assert reports.rows[["lat", "speed_kmh", "heading_deg", "satellites"]].tolist()[1] == (21.5, 36.0, 270.0, 9)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "UTF-16", "ISO-8859-1", "windows-1258"])
def test_gpx_is_read_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str) -> None:
    told = f"<?xml version='1.0' encoding='{encoding.removesuffix('-sig')}'?><gpx><trk><name>Xe Đạt Ô</name><trkseg>"
    told += '<trkpt lat="1" lon="2"><time>2024-05-01T08:00:00Z</time></trkpt></trkseg></trk></gpx>'
    told = told.replace("Đạt ", "") if encoding in ("ISO-8859-1", "windows-1258") else told
    (tmp_path / "a.gpx").write_bytes(told.encode(encoding))
    reports, _ = read(tmp_path / "a.gpx")
    assert reports.seals == [told[told.index("Xe") : told.index("</name>")]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the first line is empty"),
        ("a.csv", b"seal_id,time\n", "holds no reports"),
        ("a.csv", b"seal_id,when,lat\nS,1,2\n", "column time is missing; columns found: seal_id, when, lat"),
        ("a.csv", b"seal_id;time\nS;1\n", "column seal_id is missing; columns found: seal_id;time"),
        ("a.csv", b"seal_id,time,time\nS,1,1\n", "column time stands twice"),
        ("a.csv", b"\x00\xff\xfe\n", "no CSV header in UTF-8"),
        ("a.ndjson", b"", "holds no reports"),
        ("a.ndjson", b"\n\n", "holds no reports"),
        ("a.csv.gz", b"seal_id,time\nS,1\n", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"seal_id,time\nS,1\n" * 99, mtime=0)[:-30], "cannot be read"),
        ("a.ndjson.zst", b"\x28\xb5\x2f\xfd rubbish", "cannot be read"),
        ("a.parquet", b"PAR1 rubbish", "cannot be read"),
        ("a.gpx", b"<gpx><trk>", "no GPX"),
        ("a.gpx", b"\xff\xfe\xff", "no GPX"),
        ("a.gpx", b"<kml xmlns='urn:k'/>", "no GPX: its first element is 'kml'"),
        ("a.gpx", b"<gpx/>", "holds no reports"),
        ("a.gpx", b"<?xml version='1.0' encoding='klingon'?><gpx/>", "no GPX: unknown encoding: klingon"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absent_files_folders_and_suffixes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path / "folder.csv")
    with pytest.raises(UsageError, match=r"suffix \.txt is not known; use one of \.csv"):
        read(tmp_path / "a.txt")
    with pytest.raises(UsageError, match="uncompressed"):
        read(tmp_path / "a.parquet.gz")


def test_parquet_times_need_a_zone(tmp_path: Path) -> None:
    table = pa.table({"seal_id": ["S"], "time": pa.array([TIME_MS], pa.timestamp("ms"))})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="column time has no time zone"):
        read(tmp_path / "a.parquet")


@settings(deadline=None, max_examples=150)
@given(content=st.binary(max_size=200), suffix=st.sampled_from([".csv", ".ndjson", ".parquet", ".gpx", ".csv.gz"]))
def test_random_bytes_are_refused_in_one_line(content: bytes, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(b"seal_id,time\n" * (suffix == ".csv") + content)
        reports: Reports | None
        refusal = ""
        try:
            reports, _ = read(path)
        except InputError as error:
            refusal = str(error)
            reports = None
    assert reports is None or (reports.rows["time_ms"] != NO_TIME).all()
    assert "\n" not in refusal


def test_every_recording_is_read(shared_data: Path, tmp_path: Path) -> None:
    """A real feed with late and repeated reports: columns renamed, nothing else changed."""
    with gzip.open(shared_data / "drvr_myanmar_trucks" / "points.csv.gz", "rt", encoding="utf-8") as file:
        text = file.read()
    header, rest = text.split("\n", 1)
    names = {"ts": "time", "received_ts": "received", "speed_kmh": "speed"}
    renamed = ",".join(names.get(name, name) for name in next(csv.reader(io.StringIO(header))))
    path = tmp_path / "trucks.csv"
    path.write_text(renamed + "\n" + rest, encoding="utf-8")
    reports, rejected = read(path)
    assert (len(reports), rejected) == (3566, [])
    delays = reports.rows["received_ms"] - reports.rows["time_ms"]
    assert np.median(delays) == pytest.approx(3000, abs=1000)
