"""Verdicts and their reason codes."""

from __future__ import annotations

from collections.abc import Mapping

VERDICTS: Mapping[str, tuple[str, ...]] = {
    "confirmed": ("smuggling", "tampering", "route_violation", "document_fraud", "other"),
    "false": ("device_fault", "bad_position", "wrong_geofence", "threshold", "other"),
    "explained": (
        "road_closed", "breakdown", "congestion", "accident", "officers_order", "battery_theft", "no_coverage", "other",
    ),
}  # fmt: skip
"""What an incident proved to be, and why. `explained`: true, but no offence."""
