from __future__ import annotations

from typing import Any

from replay.maker import Label
from replay.maker.review import review

HOUR_MS = 3_600_000


def truth(expect: str, kind: str = "unauthorised_stop", who: str = "A") -> Label:
    return Label(kind, who, 10 * HOUR_MS, 11 * HOUR_MS, expect, "stop", "")


def alert(start: str, end: str | None, status: str = "closed", who: str = "A") -> dict[str, Any]:
    days = "1970-01-01T"
    return {
        "kind": "unauthorised_stop",
        "shipment_id": who,
        "status": status,
        "start": f"{days}{start}:00.000Z",
        "end": f"{days}{end}:00.000Z" if end else None,
    }


def test_an_alert_that_meets_its_offence_is_found() -> None:
    assert review([truth("must")], [alert("10:30", "10:40")]).good
    assert review([truth("must")], [alert("09:00", None, status="open")]).good


def test_an_offence_without_an_alert_is_missed() -> None:
    for raised in ([], [alert("10:00", "11:00", status="retracted")], [alert("12:00", "13:00")]):
        assert review([truth("must")], raised).missed == [truth("must")]


def test_an_alert_without_an_offence_is_false() -> None:
    raised = [alert("10:00", "11:00")]
    assert review([truth("must_not")], raised).false == raised
    assert review([truth("must", kind="seal_open")], raised).false == raised
    assert review([truth("must", who="B")], raised).false == raised


def test_an_alert_that_tells_the_truth_is_neither() -> None:
    assert review([truth("may")], [alert("10:00", "11:00")]).good
    assert review([truth("may")], []).good
