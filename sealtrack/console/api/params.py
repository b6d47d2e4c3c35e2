"""What several routes are given: parameters of queries and paths, and what every body is made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator

from sealtrack.console.problems import Problem
from sealtrack.console.queue import STATUSES, Filter
from sealtrack.console.times import moment
from sealtrack.schema import Kind, Severity

Some = Annotated[str | None, Query(max_length=500)]
When = Annotated[str | None, Query(max_length=40, description="RFC 3339, with a zone")]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Number = Annotated[int, Path(ge=1, le=2**53, description="a number that the store gave")]
Id = Annotated[str, Path(min_length=1, max_length=500)]


class Given(BaseModel):
    """What a request says; a field that is not declared is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        """PostgreSQL keeps no text with this character in it."""
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\x00" in text for text in texts):
            raise ValueError("the character NUL is not allowed")
        return value


def incident_filter(
    kind: Annotated[Some, Query(description="alert kinds, joined by commas: any of them")] = None,
    severity: Some = None,
    unit: Some = None,
    route: Some = None,
    carrier: Some = None,
    vehicle: Some = None,
    cargo: Some = None,
    shipment: Some = None,
    seal: Some = None,
    verdict: Some = None,
    assigned_unit: Some = None,
    assigned_to: Some = None,
    status: Annotated[
        Some, Query(description="joined by commas; `all`; without it what must still be looked at")
    ] = None,
    from_: Annotated[When, Query(alias="from")] = None,
    to: When = None,
    q: Annotated[
        str, Query(max_length=200, description="searched for in ids, carrier, vehicle, cargo, declaration")
    ] = "",
    sort: Literal["score", "age", "start"] = "score",
    order: Literal["asc", "desc"] = "desc",
) -> Filter:
    """The filter of the queue, the same in every list and export."""
    names = ("severity", "unit", "route_id", "carrier", "vehicle", "cargo", "shipment_id", "seal_id", "verdict")
    given = (severity, unit, route, carrier, vehicle, cargo, shipment, seal, verdict)
    plain = [(name, _split(value)) for name, value in zip(names, given, strict=True)]
    plain += [("assigned_unit", _split(assigned_unit)), ("assigned_to", _split(assigned_to))]
    return Filter(
        kind=_known("kind", _split(kind), [one.value for one in Kind]),
        status=_known("status", _split(status), (*STATUSES, "all")),
        values=[
            (name, _known(name, values, list(Severity)) if name == "severity" else values) for name, values in plain
        ],
        from_ms=time_of("from", from_),
        to_ms=time_of("to", to),
        q=q,
        sort=sort,
        descending=order == "desc",
    )


def time_of(name: str, text: str | None) -> int | None:
    """Milliseconds of a time in a query; 422 if it cannot be read."""
    if not text:
        return None
    try:
        return moment(text)
    except ValueError:
        raise Problem(422, f"{name}: {text!r} is no time such as 2026-03-10T00:00:00Z.", code="invalid") from None


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()] if text else []


def _known(name: str, values: list[str], choices: tuple[str, ...] | list[str]) -> list[str]:
    for value in values:
        if value not in choices:
            raise Problem(422, f"{name}: {value!r} is none of {', '.join(choices)}.", code="invalid")
    return values
