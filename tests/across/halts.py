"""Short stops to judge."""

from __future__ import annotations

from hypothesis import strategies as st

from sealtrack.across import ShortStop

MINUTE = 60_000
DEGREE_M = 111_000.0


def halt(
    shipment: str, start_min: float, minutes: float | None, north_m: float = 0.0, *, seal: str = "", lon: float = 106.0
) -> ShortStop:
    """A stop on a meridian, so many metres north of 20° N; `minutes` None: it lasts."""
    start = int(start_min * MINUTE)
    end = None if minutes is None else start + int(minutes * MINUTE)
    return ShortStop(
        shipment_id=shipment,
        seal_id=seal or f"seal of {shipment}",
        start=start,
        end=end,
        lat=20.0 + north_m / DEGREE_M,
        lon=lon,
        opened_at=start + 5 * MINUTE,
        closed_at=None if end is None else end + MINUTE,
        stood_until=start + 5 * MINUTE if end is None else end,
    )


HALTS = st.lists(
    st.builds(
        halt,
        st.sampled_from("ABCDE"),
        st.integers(0, 300),
        st.one_of(st.none(), st.integers(5, 200)),
        st.integers(-400, 400).map(lambda step: step * 5.0),
        lon=st.sampled_from([106.0, 106.00995, 106.0101]),
    ),
    max_size=30,
    unique_by=lambda stop: stop.key,
)
