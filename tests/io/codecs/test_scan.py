"""The compiled scanner and the reading of one value at a time give the same, whatever arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealtrack.io.codecs import codec, scan
from sealtrack.io.codecs.json import FORM as NATIVE
from sealtrack.io.codecs.records import draft_of_values, draft_one_by_one
from sealtrack.io.codecs.scan.reader import Scanned
from sealtrack.io.codecs.traccar import FORM as TRACCAR
from tests.io.codecs.builders import RECEIVED_MS, TIME, TIME_MS, batch, report

pytestmark = [pytest.mark.compiled, pytest.mark.xdist_group("scan")]
unhurried = settings(deadline=None)  # the first call loads machine code
FORMS = {"json": NATIVE, "traccar": TRACCAR}
GOOD = {
    "json": report(lat=21.5, lon=105.5, speed=40, lock="locked", events=["vibration"], card="K1", seq=7),
    "traccar": {
        "position": {
            "id": 0,
            "protocol": "jt600",
            "serverTime": "2024-05-01T08:00:03.000+00:00",
            "deviceTime": "2024-05-01T08:00:00.000+00:00",
            "fixTime": "2024-05-01T08:00:00.000+00:00",
            "outdated": False,
            "valid": True,
            "latitude": 21.028511666666666,
            "longitude": 105.85,
            "speed": 21.6,
            "course": 90.0,
            "accuracy": 0.0,
            "network": {"radioType": "gsm", "cellTowers": [{"cellId": 1, "locationAreaCode": 2}]},
            "attributes": {"status": 192, "blocked": True, "batteryLevel": 80, "sat": 9, "motion": True},
        },
        "device": {"id": 1, "uniqueId": "8800", "name": "Xe tải số 1", "attributes": {}, "status": "online"},
    },
}


@pytest.fixture(autouse=True)
def scanning(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few the values are."""
    monkeypatch.setattr(scan, "is_ready", lambda _values: True)


def columns(rows: NDArray[np.void]) -> dict[str, bytes]:
    """Bit by bit, but for what lies between the columns."""
    return {name: rows[name].tobytes() for name in rows.dtype.names or ()}


def same(values: Sequence[bytes | None], name: str, stamps_ms: list[int] | None = None) -> Scanned:
    """Both readings agree on every column, name and fault; returns what the scanner made of it."""
    stamps = np.array(stamps_ms or [RECEIVED_MS] * len(values), np.int64)
    form = FORMS[name]
    fast = draft_of_values(values, stamps, form)
    slow = draft_one_by_one(values, stamps, form.read_object)
    assert columns(fast.rows) == columns(slow.rows)
    assert (list(fast.seals), list(fast.cards)) == (list(slow.seals), list(slow.cards))
    assert sorted(fast.faults) == sorted(slow.faults)
    return scan.scan(values, stamps, form.shape)


def is_plain(value: Any, name: str = "json") -> bool:
    """Whether the scanner reads it itself; the two readings agree anyway."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return not len(same([raw], name).odd)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("layout", [{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}])
def test_a_plain_report_is_scanned(name: str, layout: dict[str, Any]) -> None:
    layout = {"ensure_ascii": False, **layout}
    assert is_plain(json.dumps(GOOD[name], **layout).encode(), name)


def test_what_is_odd_is_left_to_the_other_reading() -> None:
    good = json.dumps(GOOD["json"]).encode()
    odd = [
        good[:-1],
        good + b"x",
        b" " + good + b"{}",
        good.replace(b'"lat":', b'"lat" :'),
        good.replace(b'"K1"', b'"K\\u0031"'),
        good.replace(b'"K1"', b'"\xff"'),
        good.replace(b'"K1"', b'":"'),
        good.replace(b'"seq": 7', b'"seq": 7, "seq": 7'),
        good.replace(b'"seq": 7', b'"x": 7, "x": 7'),
        good.replace(b'"seq": 7', b'"x": {"y": 1, "y": 1}'),
        good.replace(b"21.5", b"021.5"),
        good.replace(b"21.5", b"NaN"),
        good.replace(b"21.5", b"91"),
        good.replace(b"21.5", b'"21.5"'),
        good.replace(b'"locked"', b'"Locked"'),
        b"",
        None,
    ]
    found = same([good, *odd, good], "json")
    assert found.odd.tolist() == list(range(1, len(odd) + 1))


def test_one_record_does_not_run_into_the_next() -> None:
    whole = json.dumps(GOOD["json"]).encode()
    for cut in range(len(whole) + 1):
        same([whole[:cut], whole[cut:]], "json")


def test_names_are_numbered_as_they_appear_in_either_reading() -> None:
    values = [json.dumps({"seal_id": f"S{i % 7}", "time": TIME, "card": f"K{i % 3}"}).encode() for i in range(20)]
    values[3] = b'{"seal_id":"\\u0041","time":1,"card":"S1"}'
    values[4] = b'{"seal_id":123,"time":1}'
    values[5] = json.dumps({"seal_id": "a name of more than sixteen letters", "time": TIME}).encode()
    values[6] = json.dumps({"seal_id": "a name of more than sixteen Letters", "time": TIME}).encode()
    reports, rejected = codec("json").decode_reports(batch(*values))
    assert not rejected
    assert [reports.seals[code] for code in reports.rows["seal"][:8]] == [
        *("S0", "S1", "S2", "A", "123"),
        *("a name of more than sixteen letters", "a name of more than sixteen Letters", "S0"),
    ]
    same(values, "json")


def test_many_seals_share_no_number() -> None:
    values = [json.dumps({"seal_id": f"VN{i * 7919 % 9000:06d}", "time": TIME_MS + i}).encode() for i in range(20_000)]
    found = same(values, "json")
    assert not len(found.odd)
    assert len(found.seals) == 9000


numerals = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-180, 180).map(repr),
    st.integers().map(str),
    st.integers(0, 10**19).map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(
        ["-0", "-0.0", "0e5", "1.", ".5", "+1", "01", "1e", "1e+", "--1", "0x1", "1_0", "Infinity", "1e22"]
    ),
)


@unhurried
@given(written=st.lists(numerals, min_size=1, max_size=30))
def test_numbers_in_every_spelling(written: list[str]) -> None:
    for field in ("lon", "speed", "accuracy", "seq", "time", "other"):
        same([f'{{"seal_id":"S","time":{TIME_MS},"{field}":{one}}}'.replace(
            f'"time":{TIME_MS},"time"', '"time"').encode() for one in written], "json")  # fmt: skip


@unhurried
@given(digits=st.integers(1, 10**18 - 1), decimals=st.integers(0, 22))
@example(digits=9007199254740993, decimals=0)
@example(digits=9007199254740993, decimals=1)
@example(digits=105841234567891235, decimals=15)
def test_a_float_is_the_nearest_one(digits: int, decimals: int) -> None:
    text = f"{digits}e-{decimals}"
    found = same([f'{{"seal_id":"S","time":1,"lat":0,"lon":{text}}}'.encode()], "json")
    assert bool(len(found.odd)) == (float(text) > 180)


two = st.integers(0, 99).map("{:02d}".format)
zones = st.one_of(st.sampled_from(["Z", "z", "", "+00:00", "-00:00", "+0700", "+07", "+07:30:30", " Z"]),
                  st.tuples(st.sampled_from("+-"), two, st.sampled_from([":", ""]), two).map("".join))  # fmt: skip
fractions = st.one_of(st.just(""), st.from_regex(r"[.,][0-9]{0,11}", fullmatch=True))
dates = st.one_of(
    st.dates().map(str),
    st.tuples(st.sampled_from(["1899", "1900", "2000", "2024", "2100", "2023", "2199", "2200", "0001"]),
              st.sampled_from(["01", "02", "04", "12", "13", "00"]),
              st.sampled_from(["00", "01", "28", "29", "30", "31", "32"])).map("-".join),
)  # fmt: skip
clocks = st.one_of(st.times().map(lambda t: f"{t:%H:%M:%S}"), st.tuples(two, two, two).map(":".join))
times = st.tuples(dates, st.sampled_from(["T", "T", "T", "t", " ", "W"]), clocks, fractions, zones).map("".join)


@unhurried
@given(written=st.lists(times, min_size=1, max_size=30))
@example(written=["2024-02-29T23:59:59.9999999Z", "2024-12-31T23:59:60Z", "1969-12-31T23:59:59.999Z"])
def test_times_in_every_spelling(written: list[str]) -> None:
    same([f'{{"seal_id":"S","time":"{one}"}}'.encode() for one in written], "json")
    for field in ("fixTime", "deviceTime", "serverTime"):
        values = []
        for one in written:
            found = json.loads(json.dumps(GOOD["traccar"]))
            found["position"][field] = one
            values.append(json.dumps(found).encode())
        same(values, "traccar")


texts = st.text(max_size=12) | st.sampled_from(["", "S1", "rope_cut", "locked", "x" * 1000, "x" * 1001, "é" * 600, ":"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from([0, 255, 1 << 16, "jt600", "8"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)
FIELDS = [
    "seal_id", "time", "lat", "lon", "speed", "heading", "accuracy", "valid", "lock", "events", "card", "battery",
    "satellites", "seq", "received", "buffered", "colour", "position", "device",
]  # fmt: skip
POSITION = [*GOOD["traccar"]["position"], "address"]
ATTRIBUTES = [
    "status", "blocked", "index", "ignition", "eventSource", "driverUniqueId", "alarm", "batteryLevel", "charge", "sat",
    "archive", "hours",
]  # fmt: skip
likely: dict[str, st.SearchStrategy[Any]] = {
    "events": st.lists(st.sampled_from(["rope_cut", "unlock", "Vibration", "hatch", "unlocked_too_long", ""])),
    "lock": st.sampled_from(["locked", "unlocked", "cut", "Cut", "unknown"]),
    "alarm": st.sampled_from(["powerCut", "lowBattery,fault", "general", "vibration, sos", "tampering,", "", "a,,b"]),
    "eventSource": st.integers(-1, 12) | st.sampled_from([1000, "1", True]),
    "status": st.integers(-2, 1 << 17),
    "batteryLevel": st.sampled_from([0, 50.5, 100, 100.5, 255, 254, -1]),
    "sat": st.integers(-1, 130),
    "index": st.integers(-1, 70_000) | st.just(2**53 + 1),
    "protocol": st.sampled_from(["jt600", "jt701", "teltonika", None, 5]),
    "fixTime": st.sampled_from(["1970-01-01T00:00:00Z", "2024-05-01T07:00:00Z", 1_714_550_400_000, -5]),
    "latitude": st.sampled_from([0, 0.0, -0.0, 91, 21]),
    "longitude": st.sampled_from([0, -0.0, 105.5]),
}  # fmt: skip
for _flag in ("blocked", "ignition", "charge", "archive", "valid", "outdated", "buffered"):
    likely[_flag] = st.booleans()


def changed(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Some fields with values that are likely, or anything at all."""
    return st.lists(
        st.sampled_from(names).flatmap(lambda name: st.tuples(st.just(name), likely.get(name, values) | values)),
        max_size=5,
    ).map(dict)


def message(position: dict[str, Any], attributes: dict[str, Any], device: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(json.dumps(GOOD["traccar"]))
    found["position"]["attributes"] |= attributes
    found["position"] |= position
    found["device"] |= device
    return found  # type: ignore[no-any-return]


natives = changed(FIELDS).map(lambda fields: GOOD["json"] | fields)
forwarded = st.builds(message, changed(POSITION), changed(ATTRIBUTES), changed(["uniqueId", "name"]))
spellings = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])
stamps = st.sampled_from([-1, 0, RECEIVED_MS, 1 << 60])


def spelled(objects: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    return st.builds(lambda found, how: json.dumps(found, **how).encode(errors="replace"), objects, spellings)


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """A message with some bytes taken out, doubled or put in."""
    value = draw(whole)
    for _ in range(draw(st.integers(0, 3))):
        at, stop = sorted((draw(st.integers(0, len(value))), draw(st.integers(0, len(value)))))
        piece = draw(
            st.sampled_from([b"", value[at:stop][:20], b'"', b"\\", b",", b"{}", b"\xc3\xa9", b"\xed\xa0\x80", b"0"])
        )
        value = value[:at] + piece + value[min(stop, at + draw(st.integers(0, 3))) :]
    return value


several = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@several
@given(found=st.lists(st.tuples(damaged(spelled(natives)), stamps), min_size=1, max_size=12))
def test_native_reports_of_any_content(found: list[tuple[bytes, int]]) -> None:
    same([value for value, _ in found], "json", [stamp for _, stamp in found])


@several
@given(found=st.lists(st.tuples(damaged(spelled(forwarded)), stamps), min_size=1, max_size=8))
def test_forwarded_positions_of_any_content(found: list[tuple[bytes, int]]) -> None:
    same([value for value, _ in found], "traccar", [stamp for _, stamp in found])


@several
@given(found=st.lists(spelled(natives) | spelled(forwarded) | st.binary(max_size=40), min_size=1, max_size=12))
def test_both_shapes_and_rubbish_in_one_batch(found: list[bytes]) -> None:
    for name in FORMS:
        same(found, name)
        fast = codec(name).decode_reports(batch(*found))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scan, "is_ready", lambda _values: False)
            slow = codec(name).decode_reports(batch(*found))
        assert columns(fast[0].rows) == columns(slow[0].rows)
        assert fast[1] == slow[1]


def test_every_field_absent_and_null() -> None:
    for name, keys in (("json", FIELDS), ("traccar", POSITION)):
        values: list[bytes | None] = []
        for key in keys:
            absent, null = (json.loads(json.dumps(GOOD[name])) for _ in range(2))
            (absent["position"] if name == "traccar" else absent).pop(key, None)
            (null["position"] if name == "traccar" else null)[key] = None
            values += [json.dumps(found).encode() for found in (absent, null)]
        same(values, name)


def test_the_scanner_is_compiled_only_when_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    from sealtrack.io.codecs.scan import compiled, reader

    monkeypatch.setattr(compiled, "is_compiled", lambda: False)
    scanner = reader._Scanner()
    assert not any(scanner.is_ready(100_000) for _ in range(reader.COMPILE_AFTER // 100_000))
    assert scanner.is_ready(100_000)
    assert not scanner.is_ready(reader.LEAST - 1), "a handful is read one by one"
    monkeypatch.setattr(compiled, "is_compiled", lambda: True)
    assert reader._Scanner().is_ready(reader.LEAST), "what an earlier run compiled is used at once"


def _texts() -> Iterator[bytes]:
    for first in range(0x80, 0x100):
        for tail in (b"", b"\x80", b"\xbf\x80", b"\x90\x80\x80", b"\x8f\xbf\xbf", b"\xa0\x80", b"\x9f\xbf", b"\x41"):
            yield bytes([first]) + tail


def test_utf8_is_read_as_strictly() -> None:
    same([b'{"seal_id":"S%s","time":1}' % text for text in _texts()], "json")
