"""What a running worker tells over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families


def address(log: Path) -> str | None:
    """Where a worker answers, once it has said so in this log, which must be JSON."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    said = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return next((line["url"] for line in reversed(said) if line["event"] == "http"), None)


def get(url: str) -> tuple[int, str]:
    """Status and text."""
    try:
        with urllib.request.urlopen(url, timeout=300) as answer:  # noqa: S310 - http, on this machine
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def page(url: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON."""
    code, text = get(url)
    return code, json.loads(text)


def samples(url: str) -> dict[tuple[str, ...], float]:
    """(name, label values …) to value."""
    code, text = get(f"{url}/metrics")
    assert code == 200
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
