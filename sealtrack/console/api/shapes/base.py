"""What all shapes are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-03-10T07:16:31.000Z"])]
"""RFC 3339, UTC, milliseconds."""
Verdict = Literal["confirmed", "false", "explained"]
LockName = Literal["unknown", "locked", "unlocked", "cut"]
Degrees = Annotated[float | None, Field(description="WGS84; null where no fix is known")]


class Shape(BaseModel):
    """An object with these members and no others."""

    model_config = ConfigDict(extra="forbid")


class Told(Shape):
    """Why a request is refused (RFC 9457)."""

    type: Annotated[str, Field(examples=["about:blank"])]
    title: Annotated[str, Field(examples=["Not Found"])]
    status: Annotated[int, Field(examples=[404])]
    code: Annotated[str, Field(description="for programs", examples=["not_found"])]
    detail: Annotated[str, Field(description="for people", examples=["There is no such incident."])]
