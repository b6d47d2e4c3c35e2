"""Users, sessions, what they keep, and the log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sealtrack.console.access.roles import Role
from sealtrack.console.api.shapes.base import Moment, Shape
from sealtrack.schema import Kind

Language = Literal["vi", "en"]


class Token(Shape):
    """For the header `Authorization: Bearer …`."""

    token: str


class Me(Shape):
    """Who is logged in."""

    user: str
    name: str
    role: Role
    units: Annotated[list[str], Field(description="none: sees all")]
    language: Language
    must_change: Annotated[bool, Field(description="the one-time password must be changed first")]
    csrf: Annotated[str, Field(description="what changes by cookie carry as X-CSRF-Token")]


class UserTold(Shape):
    user: str
    name: str
    language: Language
    must_change: bool
    active: bool
    role: Role
    units: list[str]


class UserMade(UserTold):
    """`one_time_password` where one was made: it is shown nowhere else."""

    one_time_password: str | None = None


class Users(Shape):
    items: list[UserTold]


class Officer(Shape):
    user: str
    name: str
    units: list[str]


class Officers(Shape):
    items: list[Officer]


class ViewTold(Shape):
    id: int
    owner: str
    name: str
    query: str
    shared: bool


class Views(Shape):
    items: list[ViewTold]


class SuppressionTold(Shape):
    """What need not be looked at, until when, and who answers for it."""

    id: int
    scope: Literal["shipment", "route", "seal", "zone"]
    value: str
    kind: Kind | None
    reason: str
    owner: str
    from_: Annotated[Moment, Field(alias="from")]
    until: Moment
    ended_at: Moment | None


class Suppressions(Shape):
    items: list[SuppressionTold]


class Entry(Shape):
    """An entry of the audit log; `hash` is over all the others but `at`."""

    seq: int
    at_ms: int
    at: Moment
    user: str
    action: str
    subject: str
    detail: Annotated[str, Field(description="canonical JSON")]
    before: str
    hash: str


class Log(Shape):
    total: int
    page: int
    size: int
    items: list[Entry]


class Chain(Shape):
    """Whether the log is whole; `fault` is empty if it is."""

    entries: int
    head: str
    fault: str
