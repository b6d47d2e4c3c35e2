"""Fills the page: style, script and data go into one HTML file that loads nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec

_HERE = Path(__file__).parent
_SCRIPTS = ("words", "geo", "draw", "pick", "camera", "clock", "stage", "dom", "panel", "map")
"""Modules in this order, each after those it imports; the last one starts it."""
_HARMLESS = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
"""None of these stands in JSON outside a string, so that escaping them everywhere changes no value."""


def fill_page(scene: dict[str, Any]) -> str:
    """The whole page for the data of `sealtrack.view.scene.make_scene`."""
    style = "".join(_read(f"{name}.css") for name in ("colours", "map", "page"))
    script = '"use strict";\n' + "\n".join(_plain(_read(f"{name}.js")) for name in _SCRIPTS)
    parts = {
        "STYLE_HASH": _csp_hash(style),
        "SCRIPT_HASH": _csp_hash(script),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": msgspec.json.encode(scene).decode().translate(_HARMLESS),
    }
    # One pass: nothing that the data says is taken for a placeholder.
    return re.sub(r"%([A-Z_]+)%", lambda match: parts[match[1]], _read("map.html"))


def _plain(module: str) -> str:
    """A module as a part of one script: a file that is opened without a server can import nothing."""
    return re.sub(r"^(import .*\n|export (?=const|function))", "", module, flags=re.MULTILINE)


def _csp_hash(text: str) -> str:
    """Names this very text in the page's Content-Security-Policy: the browser runs no other script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
