from __future__ import annotations

import numpy as np
import pytest

from replay.maker.motion import ACCELERATE_MS2, BRAKE_MS2, Halt, Motion, drive
from replay.maker.road import Floats, Road, resample, smooth


def straight(length_m: float) -> Floats:
    return resample(np.array([[0.0, 0.0], [length_m, 0.0]]))


def at_every_second(motion: Motion) -> tuple[Floats, Floats]:
    xy, v, _ = motion.at(np.arange(0, motion.t_s[-1]))
    return xy, v


def test_speed_keeps_to_the_limit_and_to_what_a_truck_can_do() -> None:
    xy = straight(20_000)
    limit = np.full(len(xy), 20.0)
    limit[300:400] = 8.0
    _, v = at_every_second(drive(xy, limit, []))
    assert v.max() == pytest.approx(20.0)
    assert np.diff(v).max() <= ACCELERATE_MS2 + 1e-9
    assert np.diff(v).min() >= -BRAKE_MS2 - 1e-9


def test_position_and_speed_agree() -> None:
    xy = straight(5_000)
    seen, v = at_every_second(drive(xy, np.full(len(xy), 15.0), [Halt(100, 60.0)]))
    moved = np.hypot(*np.diff(seen, axis=0).T)
    assert moved == pytest.approx((v[1:] + v[:-1]) / 2, abs=0.3)


def test_stands_still_for_as_long_as_asked() -> None:
    xy = straight(5_000)
    halts = [Halt(0, 120.0), Halt(100, 600.0), Halt(len(xy) - 1, 300.0)]
    motion = drive(xy, np.full(len(xy), 15.0), halts)
    seen, v = at_every_second(motion)
    assert (v < 1e-6).sum() == pytest.approx(1020, abs=5)
    arrival = motion.arrival_s(100, halts)
    here, speed, _ = motion.at(np.array([arrival + 1, arrival + 599]))
    assert here == pytest.approx(np.array([xy[100], xy[100]]))
    assert speed == pytest.approx(0.0, abs=1e-9)
    assert seen[-1] == pytest.approx(xy[-1])


def test_slows_down_for_a_bend() -> None:
    xy = smooth(resample(np.array([[0.0, 0.0], [3_000.0, 0.0], [3_000.0, 3_000.0]])))
    seen, v = at_every_second(drive(xy, np.full(len(xy), 22.0), []))
    corner = np.hypot(seen[:, 0] - 3_000, seen[:, 1]) < 60
    assert v[corner].min() < 14
    assert v.max() == pytest.approx(22.0, abs=0.5)


def test_the_road_leads_from_zone_to_zone_in_either_direction(road: Road) -> None:
    start, end = road.plane.to_lonlat(road.xy[[0, -1]])
    assert start == pytest.approx([106.77, 20.85], abs=1e-3)
    assert end == pytest.approx([106.5, 21.57], abs=1e-3)
    assert [yard.zone_id for yard in road.yards] == ["rest-1", "rest-2"]
