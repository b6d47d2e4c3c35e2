from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sealtrack.errors import Rejected
from sealtrack.io.codecs import alert_json, rejected_json
from sealtrack.io.codecs.alerts import alert_of
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.schema import Alert

ALERT = Alert(
    alert_id="a1",
    version=2,
    kind="seal_open",
    status="open",
    severity="critical",
    shipment_id="H1",
    seal_id="S1",
    start=1_714_550_400_000,
    end=None,
    lat=21.5,
    lon=105.25,
    evidence={"route_km": np.float64(12.5), "first_offset": np.int64(7), "card": "Ω"},
    detected_at=1_714_550_403_250,
)


def test_the_one_encoding_of_an_alert() -> None:
    assert alert_json(ALERT).decode() == (
        '{"alert_id":"a1","version":2,"kind":"seal_open","status":"open","severity":"critical","shipment_id":"H1",'
        '"seal_id":"S1","start":"2024-05-01T08:00:00.000Z","end":null,"lat":21.5,"lon":105.25,'
        '"evidence":{"card":"Ω","first_offset":7,"route_km":12.5},"detected_at":"2024-05-01T08:00:03.250Z"}'
    )


def test_an_alert_is_read_back() -> None:
    assert alert_of(json.loads(alert_json(ALERT))) == ALERT


@pytest.mark.parametrize(
    ("change", "message"),
    [({"version": None}, "field version is required"), ({"kind": "theft"}, "field kind: 'theft' is none of")],
)
def test_an_alert_with_a_wrong_field_is_refused(change: Any, message: str) -> None:
    with pytest.raises(FieldError, match=message):
        alert_of({**json.loads(alert_json(ALERT)), **change})


@pytest.mark.parametrize(("value", "written"), [(b"{", ("{", None)), (b"\xff\x00", (None, "/wA="))])
def test_a_dead_letter_keeps_the_record_as_it_came(value: Any, written: Any) -> None:
    found = json.loads(rejected_json(Rejected("seal.positions", 3, 9, "lat", "out_of_range", "…", value)))
    assert (found["value"], found.get("value_base64")) == written
    assert (found["source"], found["partition"], found["offset"], found["reason"]) == (
        "seal.positions",
        3,
        9,
        "out_of_range",
    )
