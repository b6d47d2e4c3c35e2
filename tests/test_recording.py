"""What of a topic goes into a file, without a broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sealtrack.columns import concat
from sealtrack.errors import InputError
from sealtrack.io.codecs import codec
from sealtrack.io.files import read_reports
from sealtrack.io.ports import RecordBatch
from sealtrack.recording import MOST_FAULTS, record_objects, record_reports

T0_MS = 1_772_600_400_000


def batch(*values: bytes | None, keys: list[bytes | None] | None = None, start: int = 0) -> RecordBatch:
    n = len(values)
    stamps = T0_MS + 1000 * np.arange(start, start + n)
    return RecordBatch("t", 1, np.arange(start, start + n), stamps, keys or [b"k"] * n, list(values))


def traccar(**position: Any) -> bytes:
    plain = {"fixTime": "2026-03-04T05:00:00Z", "valid": True, "latitude": 21.0, "longitude": 105.5, "speed": 10.0}
    return json.dumps({"position": plain | position, "device": {"uniqueId": "S1"}}).encode()


def no_news(_records: int) -> None:
    pass


@pytest.mark.parametrize("name", ["feed.csv", "feed.ndjson", "feed.parquet"])
def test_what_traccar_forwards_replays_in_every_format(tmp_path: Path, name: str) -> None:
    batches = [batch(traccar(attributes={"alarm": "powerCut"}), b"{", traccar(valid=False))]
    done = record_reports(tmp_path / name, [batches, []], codec("traccar"), no_news)
    assert (done.records, done.rows, done.faulty) == (3, 2, 1)
    assert [one.reason for one in done.faults] == ["not_json"]
    wrote = codec("traccar").decode_reports(batches[0])[0]
    found = concat([reports for reports, _ in read_reports(tmp_path / name)])
    for column in ("time_ms", "received_ms", "lat", "lon", "speed_kmh", "events", "flags", "lock"):
        np.testing.assert_array_equal(found.rows[column], wrote.rows[column], column)


def test_what_comes_is_on_disk_when_no_more_comes(tmp_path: Path) -> None:
    sizes = []

    def polls() -> Any:
        yield [batch(traccar())]
        yield []
        sizes.append([path.stat().st_size for path in tmp_path.iterdir()])

    record_reports(tmp_path / "feed.ndjson", polls(), codec("traccar"), no_news)
    assert sizes[0][0] > 0


def test_of_a_compacted_topic_the_last_of_each_key_and_none_that_was_deleted(tmp_path: Path) -> None:
    values = [b'{"n": 1}', b'{"n": 2}', b'{\n"n": 3}', None, b"{"]
    keys: list[bytes | None] = [b"a", b"b", b"a", b"b", b"c"]
    done = record_objects(tmp_path / "x.ndjson", [[batch(*values, keys=keys)]], no_news, compacted=True)
    assert (tmp_path / "x.ndjson").read_bytes() == b'{"n":3}\n'
    assert (done.records, done.rows, done.faulty) == (5, 1, 1)


def test_received_is_the_stamp_of_the_record(tmp_path: Path) -> None:
    record_objects(tmp_path / "x.ndjson", [[batch(b'{"n": 1, "received": 5}')]], no_news, received=True)
    assert json.loads((tmp_path / "x.ndjson").read_text()) == {"n": 1, "received": "2026-03-04T05:00:00.000Z"}


def test_faults_do_not_fill_the_memory(tmp_path: Path) -> None:
    polls = [[batch(*[b"{"] * 600, start=600 * n)] for n in range(3)] + [[batch(traccar())]]
    done = record_reports(tmp_path / "feed.csv", polls, codec("traccar"), no_news)
    assert (done.faulty, len(done.faults)) == (1800, MOST_FAULTS)


def test_nothing_to_write_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to write"):
        record_reports(tmp_path / "feed.csv", [[batch(b"{")]], codec("json"), no_news)
    assert list(tmp_path.iterdir()) == []
