"""Times as people read them: local, with the zone beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sealtrack.io.codecs.times import text_ms


def localised(timezone: str) -> Callable[[int | str | None], str]:
    """A function from a moment (ms, or text of the API) to `10/03/2026 14:32:05`; "–" for none."""
    zone = ZoneInfo(timezone)

    def local(moment: int | str | None) -> str:
        if moment is None:
            return "–"
        ms = text_ms(moment) if isinstance(moment, str) else moment
        return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone):%d/%m/%Y %H:%M:%S}"

    return local
