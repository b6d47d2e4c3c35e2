"""Names everything that is wrong with geofence features, each with its remedy, and hands back those that are right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from sealtrack.geofence.faults import Fault, Level
from sealtrack.geofence.model import Feature, Fence
from sealtrack.geofence.properties import check_properties
from sealtrack.geofence.shapes import check_shape

FAR_DEG = 10.0
NEAR_DEG = 5.0
"""A feature farther than FAR_DEG from all others that would be within NEAR_DEG of one, had its axes been exchanged, is
taken to be swapped."""

_NO_START = np.iinfo(np.int64).min
_NO_END = np.iinfo(np.int64).max


def check_features(features: Sequence[Feature]) -> tuple[list[Fence], list[Fault]]:
    """The features without a fault of `Level.error`, and every fault, in the order of the features."""
    faults: dict[int, list[Fault]] = defaultdict(list)
    fences: dict[int, Fence] = {}
    for index, feature in enumerate(features):
        checked = check_properties(feature)
        shape = check_shape(feature, checked.values.get("kind"))
        faults[index] += checked.faults + shape.faults
        if shape.geometry is not None and _usable(faults[index]):
            fences[index] = _fence(checked.values, shape.geometry)
    for index, fault in [*_duplicates(features), *_swapped(features)]:
        faults[index].append(fault)
        fences.pop(index, None)
    return list(fences.values()), [fault for index in sorted(faults) for fault in faults[index]]


def _usable(faults: list[Fault]) -> bool:
    return all(fault.level is Level.warning for fault in faults)


def _fence(values: dict[str, Any], geometry: Any) -> Fence:
    return Fence(
        id=values["id"],
        name=values.get("name", values["id"]),
        geometry=geometry,
        half_width_m=values.get("half_width_m", 0.0),
        permits=values.get("permits", ()),
        forbids=values.get("forbids", ()),
        role=values.get("role", ""),
        schedule=values.get("schedule"),
        valid_from_ms=values.get("valid_from", _NO_START),
        valid_to_ms=values.get("valid_to", _NO_END),
        speed_limit_kmh=values.get("speed_limit", float("nan")),
    )


def _duplicates(features: Sequence[Feature]) -> Iterator[tuple[int, Fault]]:
    seen: dict[str, Feature] = {}
    for index, feature in enumerate(features):
        name = feature.label
        first = seen.setdefault(name, feature) if "id" in feature.properties else feature
        if first is not feature:
            where = f"also the id of feature {first.number} in {first.file}"
            yield index, Fault(feature.file, name, "id", f"is {where}", "give each corridor and zone its own id")


def _swapped(features: Sequence[Feature]) -> Iterator[tuple[int, Fault]]:
    centres = np.array([_centre(feature) for feature in features]).reshape(-1, 2)
    for index in _lonely(centres):
        others = np.delete(centres, index, axis=0)
        here, turned = centres[index], centres[index][::-1]
        if _nearest_deg(here, others) > FAR_DEG and _nearest_deg(turned, others) < NEAR_DEG:
            feature = features[index]
            message = f"lies at {here[1]:.3f},{here[0]:.3f}, far from all others: latitude and longitude look swapped"
            yield index, Fault(feature.file, feature.label, "geometry", message, "write longitude first")


def _lonely(centres: NDArray[np.float64]) -> list[int]:
    """Those further than FAR_DEG from all others: to compare each with each takes hours where there are 100,000."""
    known = np.flatnonzero(np.isfinite(centres).all(axis=1))
    _, which, counts = np.unique(centres[known], axis=0, return_inverse=True, return_counts=True)
    points: Any = shapely.points(centres[known])
    apart_deg = np.full(len(known), np.inf)
    if len(known) > 1:
        pairs, found_deg = shapely.STRtree(points).query_nearest(
            points, exclusive=True, all_matches=False, return_distance=True
        )
        apart_deg[pairs[0]] = found_deg
    apart_deg[counts[which.ravel()] > 1] = 0.0  # the tree takes equal points for one
    return known[apart_deg > FAR_DEG].tolist()  # type: ignore[no-any-return]


def _centre(feature: Feature) -> tuple[float, float]:
    """Middle of the feature's box, NaN where it has none or one that is outside the earth."""
    west, south, east, north = shapely.bounds(feature.geometry)
    on_earth = abs(west) <= 180 and abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90
    return ((west + east) / 2, (south + north) / 2) if on_earth else (np.nan, np.nan)


def _nearest_deg(point: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    distances = np.hypot(*(others - point).T)
    finite = distances[np.isfinite(distances)]
    return float(finite.min()) if len(finite) else np.nan  # NaN compares false: no others, no verdict
