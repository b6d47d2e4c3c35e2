"""Users, for admins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import update

from sealtrack.console.access import passwords, sessions
from sealtrack.console.access.guard import Admin, Viewer
from sealtrack.console.access.roles import Role
from sealtrack.console.access.users import User, add_user, find_user, list_users, set_password, set_units
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Given, Id, Short
from sealtrack.console.api.shapes.people import Officers, UserMade, Users
from sealtrack.console.audit import append
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import desk_of
from sealtrack.console.problems import Problem, not_found
from sealtrack.console.store.tables.people import users

router = APIRouter(tags=["users"])

Units = Annotated[list[Short], Field(max_length=200)]


class NewUser(Given):
    """No units: sees all of them."""

    user: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: Short
    role: Role
    units: Units = Field(default_factory=list)
    language: Literal["vi", "en"] = "vi"


class ChangedUser(Given):
    """What is left away stays; `new_password`: make a one-time password."""

    name: Short | None = None
    role: Role | None = None
    units: Units | None = None
    language: Literal["vi", "en"] | None = None
    active: bool | None = None
    new_password: bool = False


@router.get("/users", response_model=Users, response_class=Json)
def list_all(request: Request, session: Admin) -> Json:
    """All users; for an admin who is bound to units theirs."""
    with desk_of(request).store.reading() as connection:
        found = [user for user in list_users(connection) if _in_charge(session.user, user.units)]
        return Json({"items": [_shown(user) for user in found]})


@router.get("/officers", response_model=Officers, response_class=Json)
def list_officers(request: Request, session: Viewer) -> Json:
    """To whom an incident can be assigned: active users who share a unit with the caller."""
    own = set(session.user.units)
    with desk_of(request).store.reading() as connection:
        found = [user for user in list_users(connection) if user.active]
    visible = [user for user in found if not own or not user.units or own & set(user.units)]
    return Json({"items": [{"user": user.user, "name": user.name, "units": list(user.units)} for user in visible]})


@router.post("/users", status_code=201, response_model=UserMade, response_class=Json, responses=refuses(409))
def add(request: Request, session: Admin, given: NewUser) -> Json:
    """A new user; the answer holds the one-time password, which is shown nowhere else."""
    _check_units(session.user, given.units)
    password, at_ms = passwords.one_time(), now_ms()
    made = User(given.user, given.name, given.role, tuple(given.units), given.language, must_change=True, active=True)
    with desk_of(request).store.writing() as connection:
        if find_user(connection, given.user) is not None:
            raise Problem(409, f"There is a user {given.user} already.", code="state")
        add_user(connection, made, password, at_ms)
        told = {"role": given.role, "units": given.units}
        append(connection, at_ms, session.user.user, "user_added", f"user:{given.user}", told)
    return Json({**_shown(made), "one_time_password": password}, 201)


@router.patch("/users/{user}", response_model=UserMade, response_class=Json, responses=refuses(404, 409))
def change(request: Request, session: Admin, user: Id, given: ChangedUser) -> Json:
    """Change a user; whoever is deactivated, or has another role or units, is logged out."""
    at_ms = now_ms()
    with desk_of(request).store.writing() as connection:
        before = find_user(connection, user)
        if before is None or not _in_charge(session.user, before.units):
            raise not_found("user")
        _check_units(session.user, before.units if given.units is None else given.units)
        if user == session.user.user and (given.active is False or given.role not in (None, Role.admin)):
            raise Problem(409, "You cannot take the role of admin from yourself.", code="state")
        values = given.model_dump(include={"name", "role", "language", "active"}, exclude_none=True)
        if values:
            connection.execute(update(users).where(users.c.user == user).values(values))
        if given.units is not None:
            set_units(connection, user, given.units)
        password = passwords.one_time() if given.new_password else None
        if password is not None:
            set_password(connection, user, password, must_change=True)
        if {"role", "active"} & set(values) or given.units is not None:
            sessions.end_all(connection, user)
        told = given.model_dump(exclude_none=True, exclude_defaults=True)
        append(connection, at_ms, session.user.user, "user_changed", f"user:{user}", told)
        after = find_user(connection, user)
    shown = _shown(after) if after else {}
    return Json({**shown, "one_time_password": password} if password else shown)


def _in_charge(admin: User, units: Sequence[str]) -> bool:
    """An admin who is bound to units has to do with users of these only."""
    return not admin.units or (bool(units) and set(units) <= set(admin.units))


def _check_units(admin: User, units: Sequence[str]) -> None:
    """Nobody gives away more than they have."""
    if not _in_charge(admin, units):
        raise Problem(403, f"units: yours are {', '.join(admin.units)}; give one or more of these.", code="role")


def _shown(user: User) -> dict[str, Any]:
    same = ("user", "name", "language", "must_change", "active")
    return {**{name: getattr(user, name) for name in same}, "role": user.role.value, "units": list(user.units)}
