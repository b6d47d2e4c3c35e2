"""The words of the pages, a TOML file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sealtrack.rule_docs.words import WORDS

LANGUAGES = ("vi", "en")
_FOLDER = Path(__file__).parents[1] / "messages"

Messages = Mapping[str, Mapping[str, str]]
"""Table to name to text; `{name}` in a text is filled in when it is shown."""


@cache
def messages(language: str) -> Messages:
    """All texts of a language; KeyError if it is none of LANGUAGES."""
    if language not in LANGUAGES:
        raise KeyError(language)
    found: dict[str, dict[str, str]] = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    if language == "en":
        found["meaning"] = {kind.value: words.meaning for kind, words in WORDS.items()}
        found["first"] = {kind.value: words.first for kind, words in WORDS.items()}
    return found


def say(language: str, key: str, **values: object) -> str:
    """The text `table.name`. KeyError if there is none: a page that asks for it is wrong."""
    table, name = key.split(".")
    return messages(language)[table][name].format(**values)
