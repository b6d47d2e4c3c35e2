"""Log in and out, and who one is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from sealtrack.console.access import attempts, passwords, sessions, users
from sealtrack.console.access.guard import COOKIE, Anyone, cookie_options
from sealtrack.console.access.sessions import Session
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Given
from sealtrack.console.api.shapes.people import Me, Token
from sealtrack.console.audit import append
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import desk_of
from sealtrack.console.problems import Problem

router = APIRouter(tags=["session"])

Name = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]


WITH_TOKEN: dict[int | str, dict[str, Any]] = {
    200: {"model": Token, "description": "For a program that asks for `bearer`."}
}


class Login(Given):
    """`bearer`: answer with a token for programs instead of a cookie for a browser."""

    user: Name
    password: Password
    bearer: bool = False


class NewPassword(Given):
    old: Password
    new: Password


class Preference(Given):
    language: Literal["vi", "en"]


@router.post("/login", status_code=204, responses=WITH_TOKEN | refuses(429))
def login(request: Request, given: Login) -> Response:
    """Begin a session: 204 and a cookie, or 200 and a token for a program that asks for `bearer`."""
    desk, at_ms = desk_of(request), now_ms()
    counted = _counted(request, given.user, at_ms)
    with desk.store.reading() as connection:
        kept = users.password_of(connection, given.user)
    if not passwords.matches(given.password, kept):  # slow on purpose, so no transaction is held open meanwhile
        with desk.store.writing() as connection:
            # Not what there is no user of: people type their password there.
            who = f"user:{given.user}" if kept is not None else "user:"
            append(connection, at_ms, "", "login_failed", who, {"address": _address(request)})
        raise Problem(401, "User or password is wrong.", code="wrong")
    with desk.store.writing() as connection:
        attempts.succeeded(connection, counted)
        sessions.forget_ended(connection, at_ms, desk.settings)
        append(connection, at_ms, given.user, "login", f"user:{given.user}", {})
        token = sessions.begin(connection, given.user, at_ms, desk.settings, bearer=given.bearer)
    if given.bearer:
        return JSONResponse({"token": token})
    answer = Response(status_code=204)
    answer.set_cookie(COOKIE, token, max_age=int(desk.settings.session_h * 3600), **cookie_options(request))
    return answer


def _counted(request: Request, user: str, at_ms: int) -> list[int]:
    """The numbers of this attempt; 429 where there were too many."""
    desk = desk_of(request)
    with desk.store.writing() as connection:
        counted = attempts.begin(connection, user, _address(request), at_ms, desk.settings.logins_per_minute)
    if counted is None:
        raise Problem(429, "Too many failed attempts: wait a minute.", code="too_many", retry_after_s=60)
    return counted


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post("/logout", status_code=204)
def logout(request: Request, session: Anyone) -> Response:
    """End this session."""
    with desk_of(request).store.writing() as connection:
        sessions.end(connection, session.key)
        append(connection, now_ms(), session.user.user, "logout", f"user:{session.user.user}", {})
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, **cookie_options(request))
    return answer


@router.post("/password", status_code=204, responses=WITH_TOKEN | refuses(429))
def change_password(request: Request, given: NewPassword, session: Anyone) -> Response:
    """Choose a new password. All sessions of the user end; the answer carries the cookie of a new one."""
    desk, user, at_ms = desk_of(request), session.user.user, now_ms()
    counted = _counted(request, user, at_ms)
    with desk.store.reading() as connection:
        kept = users.password_of(connection, user)
    if not passwords.matches(given.old, kept):
        raise Problem(403, "The old password is wrong.", code="wrong")
    fault = passwords.fault(given.new, user)
    if fault or given.new == given.old:
        raise Problem(422, fault or "The new password is the old one.", code="weak_password")
    with desk.store.writing() as connection:
        attempts.succeeded(connection, counted)
        users.set_password(connection, user, given.new, must_change=False)
        append(connection, at_ms, user, "password_changed", f"user:{user}", {})
        token = sessions.begin(connection, user, at_ms, desk.settings, bearer=session.bearer)
    if session.bearer:
        return JSONResponse({"token": token})
    answer = Response(status_code=204)
    answer.set_cookie(COOKIE, token, max_age=int(desk.settings.session_h * 3600), **cookie_options(request))
    return answer


@router.get("/me", response_model=Me, response_class=Json)
def me(session: Anyone) -> Json:
    """Who is logged in, and the token that changes must carry as `X-CSRF-Token`."""
    return Json(_told(session, session.user.language))


@router.patch("/me", response_model=Me, response_class=Json)
def change_me(request: Request, session: Anyone, given: Preference) -> Json:
    """Choose the language of the pages; it is kept with the user, for every browser."""
    with desk_of(request).store.writing() as connection:
        users.set_language(connection, session.user.user, given.language)
    return Json(_told(session, given.language))


def _told(session: Session, language: str) -> dict[str, Any]:
    user = session.user
    return {
        "user": user.user,
        "name": user.name,
        "role": user.role.value,
        "units": list(user.units),
        "language": language,
        "must_change": user.must_change,
        "csrf": session.csrf,
    }
