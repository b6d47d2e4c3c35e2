"""Policy files: what they change, for whom, and what they may not say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sealtrack.engine import Engine
from sealtrack.errors import UsageError
from sealtrack.geofence import load as load_fences
from sealtrack.policy import Policies, Policy
from sealtrack.policy_file import load
from sealtrack.schema import Shipment
from tests.feeds import write_fences

ROOT = Path(__file__).parents[1]
TRIP = Shipment(shipment_id="S1", seal_id="seal", route_id="R1|R2", depart_at=0)
SETS = """
[default]
stop_warning_s = 1000
[set.zebra]
applies_to = { cargo = ["Ore", "coal"], route = ["R2"] }
stop_warning_s = 700
[set.aardvark]
applies_to = { route = ["R1"] }
[set.named]
quiet_s = 60
[set.border]
applies_to = { unit = ["Lạng Sơn"] }
"""


def read(folder: Path, text: str) -> Policies:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def shipment(**said: str) -> Shipment:
    return Shipment(**{"shipment_id": "S1", "seal_id": "seal", "route_id": "R9", "depart_at": 0} | said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ({}, ""),
        ({"route_id": "R1"}, "aardvark"),
        ({"route_id": "R9|r1", "cargo": "ore"}, "aardvark"),
        ({"route_id": "R1|R2", "cargo": "ORE "}, "zebra"),  # the first in the file, not in the alphabet
        ({"route_id": "R2", "cargo": "cotton"}, ""),  # one condition of two is not enough
        ({"route_id": "R2"}, ""),  # of cargo unknown
        ({"unit": "LẠNG SƠN"}, "border"),
        ({"route_id": "R1", "unit": "Lạng Sơn"}, "aardvark"),
        ({"route_id": "R1", "policy": "named"}, "named"),  # what the shipment names comes first
        ({"route_id": "R1", "policy": "unheard of"}, "aardvark"),
    ],
)
def test_the_first_set_that_applies_judges(tmp_path: Path, said: dict[str, str], chosen: str) -> None:
    assert read(tmp_path, SETS).choose(shipment(**said)) == chosen


def test_a_set_states_only_what_differs(tmp_path: Path) -> None:
    policies = read(tmp_path, SETS)
    assert (policies.default.stop_warning_s, policies.sets["zebra"].stop_warning_s) == (1_000, 700)
    assert (policies.sets["named"].stop_warning_s, policies.sets["named"].quiet_s) == (1_000, 60)
    assert policies.default.quiet_s == Policy().quiet_s
    assert [row["stop_warning_s"] for row in policies.rows()] == [1_000, 700, 1_000, 1_000, 1_000]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stop_warning_s = 600", r"unknown table or key 'stop_warning_s'; use \[default\] and \[set\.NAME\]"),
        ("[defaults]", r"unknown table or key 'defaults'"),
        ("[default]\nstop_warning_m = 1", r"\[default\]: unknown threshold 'stop_warning_m'; known: fix_error_m"),
        (
            "[default]\nstop_warning_s = 'long'",
            r"\[default\]: stop_warning_s = 'long' must be a number from 60 to 86400",
        ),
        ("[default]\nstop_warning_s = true", r"stop_warning_s = True must be a number"),
        ("[default]\nstop_warning_s = nan", r"stop_warning_s = nan must be a number"),
        ("[default]\nhorizon_s = 1e9", r"horizon_s = 1000000000\.0 must be a number from 60 to 2\.592e\+06"),
        ("[default]\nstop_warning_s = 6000", r"stop_warning_s = 6000 is above stop_critical_s = 5400; state both"),
        ("[set.a]\nbattery_low_pct = 4", r"\[set\.a\]: battery_critical_pct = 5 is above battery_low_pct = 4"),
        ("[set.a]\nhorizon_s = 3600", r"\[set\.a\]: horizon_s holds for all shipments; move it to \[default\]"),
        ("[default]\napplies_to = { cargo = ['ore'] }", r"\[default\]: applies_to is for \[set\.NAME\]"),
        ("[set.a]\napplies_to = {}", r"\[set\.a\]: applies_to = {} must name at least one condition; write e\.g\. "),
        ("[set.a]\napplies_to = 'ore'", r"applies_to = 'ore' must name at least one condition"),
        ("[set.a]\napplies_to = { carrier = ['x'] }", r"applies_to\.carrier: unknown .*; known: cargo, route, unit"),
        (
            "[set.a]\napplies_to = { cargo = [] }",
            r"applies_to\.cargo = \[\] must be a list of one text or more; .* out",
        ),
        ("[set.a]\napplies_to = { cargo = 'ore' }", r"applies_to\.cargo = 'ore' must be a list"),
        ("[set.a]\napplies_to = { cargo = [7] }", r"applies_to\.cargo: 7 must be a text"),
        ("[set.a]\napplies_to = { cargo = [' '] }", r"applies_to\.cargo: ' ' must be a text that is not empty"),
        ("[set.a]\napplies_to = { route = ['A|B'] }", r"applies_to\.route: 'A\|B' names several routes; list them"),
        ("[set]\na = 7", r"\[set\.a\]: must be a table of thresholds"),
        ("set = 7", r"set = 7 must be tables \[set\.NAME\]"),
        ("[set.'']\nquiet_s = 60", r"a set needs a name"),
        ("[default", r"cannot read the policy file"),
        (f"a = {'[' * 5_000}", r"cannot read the policy file"),
        (f"a = {'9' * 5_000}", r"cannot read the policy file"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        read(tmp_path, text)
    assert "policy.toml" in str(refused.value)


def test_a_mark_that_editors_write_before_the_first_line_is_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff[default]\nquiet_s = 60").default.quiet_s == 60


def test_the_registered_shipment_is_judged_by_the_set_that_applies(tmp_path: Path) -> None:
    engine = Engine(load_fences(write_fences(tmp_path)), read(tmp_path, SETS))
    trips = [shipment(route_id="R1"), shipment(shipment_id="S2", route_id="R1", policy="misspelt")]
    _, problems = engine.register(trips)
    assert problems == ["shipment S2: unknown policy misspelt; aardvark is used"]
    assert [row["policy"] for row in engine._registry.store.info[:2]] == [2, 2]


def test_conditions_are_part_of_what_a_verdict_was_judged_by(tmp_path: Path) -> None:
    before = read(tmp_path, SETS)
    assert before.sha256() == read(tmp_path, SETS).sha256()
    assert before.sha256() != read(tmp_path, SETS.replace('"coal"', '"coke"')).sha256()


def test_the_example_of_the_documents_is_one(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    policies = read(tmp_path, example)
    assert policies.choose(shipment(cargo="Coal")) == "minerals"
