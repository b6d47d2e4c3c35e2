"""The words of the pages: complete in both languages."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealtrack import console
from sealtrack.console.access.roles import Role
from sealtrack.console.choices import VERDICTS
from sealtrack.console.pages.messages import LANGUAGES, messages, say
from sealtrack.console.queue import STATUSES
from sealtrack.rule_docs.words import EVIDENCE
from sealtrack.schema import Event, Kind, Lock, Severity, Shipment, Status, fields

_FOLDER = Path(console.__file__).parent
NEEDED: dict[str, set[str]] = {
    "kind": set(Kind),
    "meaning": set(Kind),
    "first": set(Kind),
    "evidence": set(EVIDENCE),
    "severity": set(Severity),
    "alert_status": set(Status),
    "incident_status": {*STATUSES, "all"},
    "role": set(Role),
    "verdict": set(VERDICTS),
    "reason_code": {code for codes in VERDICTS.values() for code in codes},
    "lock": {lock.name for lock in Lock},
    "event": set(Event),
    "field": {field.name for field in fields(Shipment)},
}


def keys(language: str) -> set[str]:
    return {f"{table}.{name}" for table, texts in messages(language).items() for name in texts}


def test_both_languages_have_the_same_keys_and_the_same_blanks() -> None:
    assert keys("vi") == keys("en")

    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key in keys("vi"):
        table, name = key.split(".")
        if table not in ("meaning", "first"):  # of the English ones the numbers of the policy are blanks
            assert blanks(messages("vi")[table][name]) == blanks(messages("en")[table][name]), key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", NEEDED)
def test_every_name_that_can_come_up_has_a_word(language: str, table: str) -> None:
    assert NEEDED[table] <= set(messages(language)[table])
    assert all(messages(language)[table].values())


def used() -> Iterator[tuple[str, str]]:
    for path in [*_FOLDER.glob("templates/*.html"), *_FOLDER.glob("static/js/**/*.js")]:
        text = path.read_text(encoding="utf-8")
        for key in re.findall(r"""\bt\(["'`](\w+\.\w+)["'`](?! ~)""", text):
            yield path.name, key


def test_pages_and_scripts_ask_for_words_that_there_are() -> None:
    assert [(path, key) for path, key in used() if key not in keys("vi")] == []


def test_a_blank_is_filled_in_and_a_wrong_key_is_no_text() -> None:
    assert say("vi", "incident.title", id="A1") == "Sự việc A1"
    with pytest.raises(KeyError):
        say("vi", "incident.nothing")
