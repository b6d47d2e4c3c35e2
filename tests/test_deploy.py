"""Dashboard, alerting rules, unit, image and the page about operating them say the same as the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard, RowPanel

from sealtrack.io.topic_plan import plan
from sealtrack.service.metrics import Metrics
from sealtrack.settings import Topics

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "sealtrack.json").read_text(encoding="utf-8"))
FAMILIES = [family for family in Metrics().registry.collect() if family.name.startswith("sealtrack_")]
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def alerts() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def series() -> dict[str, tuple[str, ...]]:
    """Every name that PromQL may use of ours, and its labels."""
    labels = {family.name: tuple(metric_labels(family.name)) for family in FAMILIES}
    return {family.name + suffix: labels[family.name] for family in FAMILIES for suffix in SUFFIXES[family.type]}


def metric_labels(name: str) -> Iterable[str]:
    metrics = Metrics()
    return next(
        one._labelnames
        for one in vars(metrics).values()
        if getattr(one, "_name", None) == name  # as prometheus_client has it
    )


def expressions() -> list[str]:
    targets = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [rule["expr"] for rule in alerts()] + [re.sub(r"\$__rate_interval", "5m", one) for one in targets]


def selectors(expression: str) -> Iterator[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def note(node: Any) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expression), note)
    return iter(found)


@pytest.mark.parametrize("expression", expressions())
def test_every_metric_that_is_asked_for_exists_with_its_labels(expression: str) -> None:
    known = series()
    names = [selector.name or "" for selector in selectors(expression)]
    assert names
    ours = [name for name in names if name not in ("up", "process_resident_memory_bytes", "process_cpu_seconds_total")]
    assert [name for name in ours if name not in known] == []
    grouped = {label for by in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in by.split(", ")}
    assert grouped <= {"le", "instance", *(label for name in ours for label in known[name])}


def test_every_metric_is_on_the_dashboard() -> None:
    asked = " ".join(expressions())
    assert [family.name for family in FAMILIES if not re.search(rf"\b{family.name}(_|\b)", asked)] == []


def between(name: str) -> list[str]:
    """The lines of a table of the page that a test holds to the code."""
    [text] = re.findall(rf"<!-- {name}: [^\n]*-->\n(.*?)<!-- {name}: end -->", PAGE, re.DOTALL)
    return [line for line in text.splitlines() if line.startswith("|")]


def test_the_page_lists_every_metric() -> None:
    rows = ["| metric | kind | labels | what it says |", "|---|---|---|---|"]
    for family in FAMILIES:
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric_labels(family.name)) or "–"
        rows.append(f"| `{name}` | {family.type} | {labels} | {family.documentation.rstrip('.')} |")
    assert between("metrics") == rows, "\n".join(["put this table there:", *rows])


def test_the_page_lists_the_topics_as_they_are_made() -> None:
    rows = ["| topic | partitions | retention | settings |", "|---|---|---|---|"]
    for name, wanted in plan(Topics()).items():
        count = "as many" if wanted.like else "`--partitions`"
        kept = "`--retention-days`" if wanted.expires else "for ever"
        settings = ", ".join(f"`{key}={value}`" for key, value in wanted.configs.items()) or "–"
        rows.append(f"| `{name}` | {count} | {kept} | {settings} |")
    assert between("topics") == rows, "\n".join(["put this table there:", *rows])


def test_the_page_lists_every_event_of_the_log() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "sealtrack").rglob("*.py")]
    named = {event for source in sources for event in re.findall(r'"event": "([a-z_]+)"', source)}
    listed = {event for row in between("events")[2:] for event in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert listed == named - {"lane_taken"}


def test_every_alert_is_explained_and_no_other() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert re.findall(r"^### (Sealtrack\w+)$", PAGE, re.MULTILINE) == names
    for rule in alerts():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")


def test_grafana_loads_the_dashboard() -> None:
    register_default_plugins()
    loaded = Dashboard.from_json(DASHBOARD)
    assert loaded.uid == "sealtrack"
    assert loaded.panels is not None
    asked = [target for panel in loaded.panels if not isinstance(panel, RowPanel) for target in panel.targets or []]
    assert {type(target).__name__ for target in asked} == {"Dataquery"}  # Prometheus's own, not an unknown one
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    cells = [
        (x, y)
        for p in DASHBOARD["panels"]
        for x in range(p["gridPos"]["x"], p["gridPos"]["x"] + p["gridPos"]["w"])
        for y in range(p["gridPos"]["y"], p["gridPos"]["y"] + p["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert all(panel["description"] and panel["fieldConfig"]["defaults"]["unit"] for panel in panels())
