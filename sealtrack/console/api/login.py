"""Log in and out, and who one is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from sealtrack.console.access import passwords, sessions, users
from sealtrack.console.access.guard import COOKIE, Anyone, cookie_options
from sealtrack.console.audit import append
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import Desk, desk_of
from sealtrack.console.problems import Problem

router = APIRouter(tags=["session"])

Name = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]


class Login(BaseModel):
    """`bearer`: answer with a token for programs instead of a cookie for a browser."""

    user: Name
    password: Password
    bearer: bool = False


class NewPassword(BaseModel):
    old: Password
    new: Password


@router.post("/login", status_code=204)
def login(request: Request, given: Login) -> Response:
    """Begin a session: 204 and a cookie, or 200 and `{token, csrf}` for a program that asks for `bearer`."""
    desk, at_ms = desk_of(request), now_ms()
    address = request.client.host if request.client else ""
    if not desk.attempts.allowed(given.user, address):
        raise Problem(429, "Too many failed logins: wait a minute.", code="too_many", retry_after_s=60)
    token = _checked(desk, given, at_ms)
    if token is None:
        desk.attempts.failed(given.user, address)
        with desk.store.writing() as connection:
            append(connection, at_ms, "", "login_failed", f"user:{given.user}", {"address": address})
        raise Problem(401, "User or password is wrong.", code="wrong")
    if given.bearer:
        return JSONResponse({"token": token})
    answer = Response(status_code=204)
    answer.set_cookie(COOKIE, token, max_age=int(desk.settings.session_h * 3600), **cookie_options(request))
    return answer


def _checked(desk: Desk, given: Login, at_ms: int) -> str | None:
    """The token of a new session, None for a wrong name or password."""
    with desk.store.reading() as connection:
        kept = users.password_of(connection, given.user)
    if not passwords.matches(given.password, kept):  # slow on purpose, so no transaction is held open meanwhile
        return None
    with desk.store.writing() as connection:
        sessions.forget_ended(connection, at_ms, desk.settings)
        append(connection, at_ms, given.user, "login", f"user:{given.user}", {})
        return sessions.begin(connection, given.user, at_ms, desk.settings, bearer=given.bearer)


@router.post("/logout", status_code=204)
def logout(request: Request, session: Anyone) -> Response:
    """End this session."""
    with desk_of(request).store.writing() as connection:
        sessions.end(connection, session.key)
        append(connection, now_ms(), session.user.user, "logout", f"user:{session.user.user}", {})
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, **cookie_options(request))
    return answer


@router.post("/password", status_code=204)
def change_password(request: Request, given: NewPassword, session: Anyone) -> Response:
    """Choose a new password. All sessions of the user end; the answer carries the cookie of a new one."""
    desk, user, at_ms = desk_of(request), session.user.user, now_ms()
    address = request.client.host if request.client else ""
    if not desk.attempts.allowed(user, address):
        raise Problem(429, "Too many failed attempts: wait a minute.", code="too_many", retry_after_s=60)
    with desk.store.reading() as connection:
        kept = users.password_of(connection, user)
    if not passwords.matches(given.old, kept):
        desk.attempts.failed(user, address)
        raise Problem(403, "The old password is wrong.", code="wrong")
    fault = passwords.fault(given.new, user)
    if fault or given.new == given.old:
        raise Problem(422, fault or "The new password is the old one.", code="weak_password")
    with desk.store.writing() as connection:
        users.set_password(connection, user, given.new, must_change=False)
        append(connection, at_ms, user, "password_changed", f"user:{user}", {})
        token = sessions.begin(connection, user, at_ms, desk.settings, bearer=session.bearer)
    if session.bearer:
        return JSONResponse({"token": token})
    answer = Response(status_code=204)
    answer.set_cookie(COOKIE, token, max_age=int(desk.settings.session_h * 3600), **cookie_options(request))
    return answer


@router.get("/me")
def me(session: Anyone) -> dict[str, Any]:
    """Who is logged in, and the token that changes must carry as `X-CSRF-Token`."""
    user = session.user
    return {
        "user": user.user,
        "name": user.name,
        "role": user.role.value,
        "units": list(user.units),
        "language": user.language,
        "must_change": user.must_change,
        "csrf": session.csrf,
    }
