"""docs/rules.md says of every kind what the tables say."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from sealtrack.policy import limits
from sealtrack.rule_docs import evidence_names, page
from sealtrack.rule_docs.page import threshold_row
from sealtrack.rule_docs.words import EVIDENCE, WORDS
from sealtrack.schema import Kind

DOCS = Path(__file__).parents[1] / "docs"
PAGE, POLICY_PAGE = DOCS / "rules.md", DOCS / "policy.md"
ADMISSION = {"fix_error_m", "reach_slack_m", "clock_ahead_s", "horizon_s"}
"""Thresholds of what a report is worth before any rule sees it."""


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m sealtrack.rule_docs > docs/rules.md"


def test_every_kind_has_its_words() -> None:
    assert set(WORDS) == set(Kind), "say in sealtrack/rule_docs/words.py what the kind means"


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_says_what_else_it_may_be_and_what_to_do(kind: Kind) -> None:
    words = WORDS[kind]
    assert words.innocent
    assert all(
        text.endswith((".", "?")) for text in (words.meaning, words.trigger, words.ends, words.severity, words.first)
    )


def test_every_evidence_name_is_explained_and_none_is_invented() -> None:
    of_every_alert = {"geofences"}
    assert {name for kind in Kind for name in evidence_names(kind)} | of_every_alert == set(EVIDENCE)


def test_every_threshold_of_a_rule_stands_on_the_page() -> None:
    text = page()
    assert {name for name in limits() if f"`{name}`" not in text} == ADMISSION


def test_the_other_thresholds_stand_with_the_policy_files() -> None:
    text = POLICY_PAGE.read_text(encoding="utf-8")
    [table] = re.findall(r"<!-- thresholds: .*? -->\n(.*?)<!-- thresholds: end -->", text, re.DOTALL)
    assert set(table.splitlines()[2:]) == {threshold_row(name) for name in ADMISSION}


def test_words_name_thresholds_that_exist() -> None:
    texts = [text for words in WORDS.values() for text in words if isinstance(text, str)]
    named = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}
    assert named <= set(limits())


def test_a_hold_that_no_time_fulfils_is_told_as_a_number_of_reports_alone() -> None:
    assert " inf " not in page()
