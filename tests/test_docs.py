"""The pages for people tell the truth: links lead somewhere, the example runs."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealtrack import geofence
from sealtrack.io.files import read_shipments
from sealtrack.replay import replay

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("benchmarks", "geofences", "replay")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in targets if "://" not in link and not (page.parent / link).exists()] == []


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own text, that is the point
    assert "TQ26-0006 100" in capsys.readouterr().out


def test_what_the_kafka_example_sends_is_an_alert(tmp_path: Path) -> None:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    said = [text.replace("'$now'", now) for text in re.findall(r"echo '(\{.*\})'", README.read_text(encoding="utf-8"))]
    shipment, report = map(json.loads, said)
    (tmp_path / "shipments.ndjson").write_text(json.dumps(shipment), encoding="utf-8")
    (tmp_path / "feed.ndjson").write_text(
        json.dumps(report | {"received": now}), encoding="utf-8"
    )  # as Kafka stamps it
    shipments, unusable_rows = read_shipments(tmp_path / "shipments.ndjson")
    result = replay([tmp_path / "feed.ndjson"], geofence.load(ROOT / "geofences"), shipments)
    assert (unusable_rows, result.rejected, result.problems) == ([], [], [])
    assert [(alert.kind, alert.shipment_id) for alert in result.alerts] == [("seal_open", shipment["shipment_id"])]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_a_heading_find_it(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
    assert [anchor for target, anchor in links if anchor not in anchors(page.parent / target if target else page)] == []


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
