"""What a request can be refused for. The API says it as problem+json (RFC 9457), a page in words."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA = "application/problem+json"
_CODES = {413: "too_large", 422: "invalid"}
"""Where Python's word for a status is not the same in all its versions."""


class Problem(Exception):  # noqa: N818 - the name of the thing in RFC 9457
    """Refuses a request with a status and one sentence for the user."""

    def __init__(self, status: int, detail: str, *, code: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.retry_after_s = status, detail, retry_after_s
        self.code = code or _CODES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")

    def body(self) -> dict[str, object]:
        """The JSON document."""
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, "code": self.code, "detail": self.detail}


def problem_answer(problem: Problem) -> JSONResponse:
    """The answer that a program gets."""
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.body(), problem.status, headers, media_type=MEDIA)


def not_found(what: str) -> Problem:
    """There is no such thing, or it is another unit's: the answer does not tell which."""
    return Problem(404, f"There is no such {what}.")


def signed_out() -> Problem:
    """Nobody is logged in, or the session has ended."""
    return Problem(401, "Log in first: there is no session, or it has ended.", code="signed_out")
