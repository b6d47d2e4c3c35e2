"""What stands before every request: headers, hosts, sessions, roles."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from sealtrack.console.access import sessions
from sealtrack.console.access.roles import Role
from sealtrack.console.access.sessions import Session
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import desk_of
from sealtrack.console.problems import Problem, signed_out

COOKIE = "sealtrack_session"
CSRF_HEADER = "x-csrf-token"
SAFE = ("GET", "HEAD", "OPTIONS")


def any_session(request: Request) -> Session:
    """The session of a request, also of a user whose one-time password has not been changed yet.

    A change that comes by cookie must carry the session's CSRF token, which another site cannot read.
    """
    desk, at_ms = desk_of(request), now_ms()
    token, by_cookie = _token(request)
    if not token:
        raise signed_out()
    with desk.store.reading() as connection:
        found = sessions.find(connection, token, at_ms, desk.settings)
    if found is None or found.bearer == by_cookie:
        raise signed_out()
    sent = request.headers.get(CSRF_HEADER, "")
    if by_cookie and request.method not in SAFE and not hmac.compare_digest(sent.encode(), found.csrf.encode()):
        raise Problem(403, "The CSRF token is missing or wrong: reload the page and try again.", code="csrf")
    if sessions.is_due(found, at_ms):
        with desk.store.writing() as connection:
            sessions.touch(connection, found, at_ms)
    return found


def session_of(session: Annotated[Session, Depends(any_session)]) -> Session:
    """The session of a user who may do what the role permits."""
    if session.user.must_change:
        raise Problem(403, "Choose a password of your own first.", code="password_change_needed")
    return session


def at_least(least: Role) -> Callable[..., Session]:
    """A dependency: the session, if its user has this role or a higher one."""

    def session(session: Annotated[Session, Depends(session_of)]) -> Session:
        if not session.user.role.reaches(least):
            raise Problem(403, f"This needs the role {least}; yours is {session.user.role}.", code="role")
        return session

    session.least = least  # type: ignore[attr-defined]  # the tests read it from the routes
    return session


Anyone = Annotated[Session, Depends(any_session)]
Viewer = Annotated[Session, Depends(session_of)]
Analyst = Annotated[Session, Depends(at_least(Role.analyst))]
Supervisor = Annotated[Session, Depends(at_least(Role.supervisor))]
Admin = Annotated[Session, Depends(at_least(Role.admin))]


def cookie_options(request: Request) -> dict[str, Any]:
    """How the session's cookie is set, and taken back."""
    settings = desk_of(request).settings
    secure = settings.secure_cookies or request.url.scheme == "https"
    return {"httponly": True, "samesite": "lax", "secure": secure, "path": "/"}


def _token(request: Request) -> tuple[str, bool]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(), False
    return request.cookies.get(COOKIE, ""), True
