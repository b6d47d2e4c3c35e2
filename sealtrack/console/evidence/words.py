"""The report's words: Vietnamese, and English beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sealtrack.console.pages.messages import say


def both(table: str, name: str) -> str:
    """`Lệch tuyến / Route deviation`."""
    return f"{say('vi', f'{table}.{name}')} / {say('en', f'{table}.{name}')}"


Local = Callable[[int | str | None], str]
"""A moment in the time of the place."""
_UNITS = {"ms": "ms", "s": "s", "m": "m", "km": "km", "kmh": "km/h", "pct": "%", "deg": "°"}


def why(reason: dict[str, Any], told: dict[str, Any], local: Local) -> str:
    """A reason of the score of the incident `told`."""
    if reason.get("alert_id"):
        starts = {alert["alert_id"]: alert["start"] for alert in told["alerts"]}
        return f"{both('kind', reason['kind'])}, {local(starts.get(reason['alert_id']))}"
    if reason["points"] < 0:
        return both("reason", "top_score")
    return both("reason", "repeated" if reason.get("kind") else "probing")


def facts(evidence: dict[str, Any], local: Local) -> list[str]:
    """`Kéo dài / Duration: 900 s`, for each that is known."""
    return [f"{_named('evidence', name)}: {_value(name, value, local)}" for name, value in evidence.items()]


def did(action: str) -> str:
    """What somebody did."""
    return _named("action", action)


def decided(one: dict[str, Any]) -> str:
    """What a decision says besides who, when and which."""
    told = [str(one[name]) for name in ("unit", "officer") if one[name]]
    told += [both("verdict", one["verdict"])] if one["verdict"] else []
    told += [_named("reason_code", one["reason"])] if one["reason"] else []
    return "; ".join(told + ([one["text"]] if one["text"] else []))


def _value(name: str, value: Any, local: Local) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "có / yes" if value else "không / no"
    if name.endswith("_at"):
        return local(value)
    unit = _UNITS.get(name.rpartition("_")[2], "") if isinstance(value, (int, float)) else ""
    return f"{value} {unit}".rstrip()


def _named(table: str, name: str) -> str:
    """In words where there are any: reasons of the console's own, and what later versions tell, have names only."""
    try:
        return both(table, name)
    except KeyError:
        return name
