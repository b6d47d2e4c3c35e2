"""A scenario folder: `scenario.toml` and `README.md` are written by people, the rest is made from them."""

from __future__ import annotations

import csv
import gzip
import io
import math
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.maker.feed import CATALOGUE, Feed, Spec
from replay.maker.reports import Columns
from replay.maker.story import Label
from replay.maker.together import Amendment
from sealtrack.schema import FieldType, Report, Shipment, Sighting, fields

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FEED, SHIPMENTS, LABELS, EXPECTED = "feed.csv.gz", "shipments.csv", "labels.csv", "expected.ndjson"
SIGHTINGS = "sightings.csv"
"""Where somebody saw a truck."""
OWN_FENCES = "geofences.geojson"
"""Fences that hold in this scenario only, beside the catalogue's."""


def names() -> list[str]:
    """All scenarios, sorted."""
    return sorted(path.parent.name for path in SCENARIOS.glob("*/scenario.toml"))


def geofences(name: str) -> list[Path]:
    """What a scenario is judged by: the catalogue of this repository, and its own fences where it has any."""
    own = SCENARIOS / name / OWN_FENCES
    return [CATALOGUE, own] if own.exists() else [CATALOGUE]


def read_spec(name: str) -> Spec:
    """The spec in a scenario's `scenario.toml`; ValueError if it is absent or holds an unknown key."""
    path = SCENARIOS / name / "scenario.toml"
    if not path.exists():
        raise ValueError(f"no scenario {name!r}; there are: {', '.join(names())}")
    keys = tomllib.loads(path.read_text(encoding="utf-8"))
    keys["start_ms"] = round(keys.pop("start").timestamp()) * 1000
    keys["episodes"] = tuple(tuple(episodes) for episodes in keys["episodes"])
    keys["declared"] = tuple(keys.get("declared", ()))
    for key in ("meetings", "outages"):
        keys[key] = tuple(tuple(one) for one in keys.get(key, ()))
    keys["amended"] = tuple(Amendment(**one) for one in keys.get("amended", ()))
    unknown = keys.keys() - Spec.__dataclass_fields__.keys()
    if unknown:
        raise ValueError(f"{path}: unknown keys {', '.join(sorted(unknown))}")
    return Spec(**keys)


def write(feed: Feed, folder: Path) -> None:
    """Write feed, shipments and labels into `folder`. The same feed gives the same bytes."""
    text = feed_csv(feed.reports).encode()
    (folder / FEED).write_bytes(gzip.compress(text, 9, mtime=0))
    (folder / SHIPMENTS).write_text(shipments_csv(feed.shipments), encoding="utf-8")
    (folder / LABELS).write_text(labels_csv(feed.labels), encoding="utf-8")
    if feed.sightings:
        (folder / SIGHTINGS).write_text(sightings_csv(feed.sightings), encoding="utf-8")


def feed_csv(reports: Columns) -> str:
    """The reports as CSV, a column for every wire name of `Report`, absent values empty."""
    columns = []
    for item in fields(Report):
        values = reports[item.name]
        digits = {"time": "s", "received": "ms"}.get(item.name)
        columns.append(_times(values, digits) if digits else _cells(item.f.type, values))
    header = ",".join(item.name for item in fields(Report))
    return "\n".join([header, *map(",".join, zip(*columns, strict=True)), ""])


def shipments_csv(shipments: Iterable[Shipment]) -> str:
    """The shipments as CSV with the wire names of `Shipment`."""
    declared = fields(Shipment)
    rows = [[_one(item.f.type, getattr(shipment, item.name)) for item in declared] for shipment in shipments]
    return _csv([item.name for item in declared], rows)


def sightings_csv(sightings: Iterable[Sighting]) -> str:
    """The sightings as CSV with the wire names of `Sighting`."""
    declared = fields(Sighting)
    rows = [[_one(item.f.type, getattr(sighting, item.name)) for item in declared] for sighting in sightings]
    return _csv([item.name for item in declared], rows)


def labels_csv(labels: Iterable[Label]) -> str:
    """The ground truth as CSV."""
    rows = [[x.kind, x.shipment_id, _time(x.start_ms), _time(x.end_ms), x.expect, x.cause, x.note] for x in labels]
    return _csv(["kind", "shipment_id", "start", "end", "expect", "cause", "note"], rows)


def read_labels(folder: Path) -> list[Label]:
    """The labels of a scenario folder."""
    with (folder / LABELS).open(encoding="utf-8", newline="") as file:
        next(file)
        return [Label(kind, who, _ms(start), _ms(end), *rest) for kind, who, start, end, *rest in csv.reader(file)]


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def _cells(kind: FieldType, values: NDArray[Any]) -> list[str]:
    if kind is FieldType.BOOL:
        return ["true" if value else "false" for value in values.tolist()]
    if kind is FieldType.FLOAT:
        return ["" if math.isnan(value) else f"{value:.6f}".rstrip("0").rstrip(".") for value in values.tolist()]
    return [str(value) for value in values.tolist()]


def _one(kind: FieldType, value: Any) -> str:
    if value is None:
        return ""
    if kind is FieldType.TIME:
        return _time(value)
    return ";".join(value) if kind is FieldType.LIST else str(value)


def _times(values: NDArray[np.int64], unit: Any) -> list[str]:
    return [f"{text}Z" for text in np.datetime_as_string(values.astype("datetime64[ms]"), unit=unit).tolist()]


def _time(value_ms: int) -> str:
    return _times(np.array([value_ms]), "s")[0]


def _ms(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "ms").astype(np.int64))
