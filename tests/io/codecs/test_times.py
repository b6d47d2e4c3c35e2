from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.io.codecs.times import EARLIEST_MS, LATEST_MS, text_ms, time_text

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001 - the zone is drawn apart
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.integers(EARLIEST_MS, LATEST_MS))
def test_what_is_written_is_read_back(ms: int) -> None:
    assert text_ms(time_text(ms)) == ms


@given(moments, zones)
def test_any_zone_names_the_same_moment(moment: datetime, zone: timezone) -> None:
    text = moment.replace(tzinfo=zone).isoformat()
    expected = (moment.replace(tzinfo=zone) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert text_ms(text) == expected


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("2024-05-01T15:00:00+07:00", "2024-05-01T08:00:00.000Z"),
        ("2024-05-01 08:00:00z", "2024-05-01T08:00:00.000Z"),
        ("2024-05-01t08:00:00.9999999Z", "2024-05-01T08:00:00.999Z"),
        ("2024-05-01T08:00:00.000+0000", "2024-05-01T08:00:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31 23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ],
)
def test_unusual_spellings(text: str, same_as: str) -> None:
    assert time_text(text_ms(text)) == same_as


@pytest.mark.parametrize("text", ["", "yesterday", "2024-02-30T00:00:00Z", "20240501T080000Z", "2024-W18-3T08:00:00Z"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the error carries no words: `coerce` writes them
        text_ms(text)


@pytest.mark.parametrize("text", ["2024-05-01T08:00:00", "2024-05-01 08:00:00.5", "2024-05-01"])
def test_a_time_without_zone_is_not_guessed(text: str) -> None:
    with pytest.raises(LookupError):
        text_ms(text)
