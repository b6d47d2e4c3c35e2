"""Times in the API: RFC 3339, UTC, milliseconds; None stays None."""

from __future__ import annotations

from sealtrack.io.codecs.times import text_ms, time_text


def shown(ms: int | None) -> str | None:
    """As text."""
    return None if ms is None else time_text(ms)


def moment(text: str) -> int:
    """As milliseconds; ValueError if it is no RFC 3339 time with a zone."""
    try:
        return text_ms(text.replace(" ", "+") if "T" in text else text)  # a `+` that a query string made a blank
    except LookupError:
        raise ValueError(text) from None
