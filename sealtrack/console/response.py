"""By when somebody must have answered an incident."""

from __future__ import annotations

from sealtrack.settings import Console


def due_ms(severity: str, settings: Console, at_ms: int) -> int:
    """The response time of this severity, counted from `at_ms`."""
    minutes = settings.respond_critical_min if severity == "critical" else settings.respond_warning_min
    return at_ms + int(minutes * 60_000)
