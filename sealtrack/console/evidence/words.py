"""The report's words: Vietnamese, and English beside them."""

from __future__ import annotations

from typing import Any

from sealtrack.console.pages.messages import say


def both(table: str, name: str) -> str:
    """`Lệch tuyến / Route deviation`."""
    return f"{say('vi', f'{table}.{name}')} / {say('en', f'{table}.{name}')}"


def decided(one: dict[str, Any]) -> str:
    """What a decision says besides who, when and which."""
    told = [str(one[name]) for name in ("unit", "officer") if one[name]]
    told += [both("verdict", one["verdict"])] if one["verdict"] else []
    told += [_reason(one["reason"])] if one["reason"] else []
    return "; ".join(told + ([one["text"]] if one["text"] else []))


def _reason(code: str) -> str:
    """Reason codes of people have words; the console's own are their names."""
    try:
        return both("reason_code", code)
    except KeyError:
        return code
