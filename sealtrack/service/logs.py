"""The log of the service on stderr: as text for people, or a JSON object a line for machines.

There is one way to tell something: a logger of `logging`, a sentence with named places, and what stands in them,

    log.warning("lane %(lane)d: %(why)s; once more", {"event": "lane_retried", "lane": lane, "why": why})

The text is the sentence; the JSON object has the sentence as `message`, and `event` and the named places as fields.
"""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Literal, TextIO
from urllib.parse import quote

import msgspec

from sealtrack.errors import visible

HIDDEN = "…"


def log_to_stderr(
    form: Literal["text", "json"],
    level: str = "info",
    *,
    secrets: Iterable[str] = (),
    kafka: bool = False,
    stream: TextIO | None = None,
) -> None:
    """Have all loggers write to stderr; `secrets` are hidden wherever they would appear.

    `kafka`: also warnings of kafka-python, which tells of each refused connection several times.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Hiding(JsonLines() if form == "json" else TextLines(_TEXT), secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("sealtrack").setLevel(level.upper())
    # Never lower than INFO: at DEBUG kafka-python logs what it sends, passwords included.
    logging.getLogger("kafka").setLevel(logging.WARNING if kafka else logging.CRITICAL)


class JsonLines(logging.Formatter):
    """`time` (RFC 3339, UTC), `level`, `event`, `message`, `logger`, then the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        fields = dict(record.args) if isinstance(record.args, dict) else {}
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": fields.pop("event", record.name),
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line |= {name: value for name, value in fields.items() if name not in line}
        return msgspec.json.encode(line, enc_hook=str).decode()


class TextLines(logging.Formatter):
    """A sentence a line, whatever stands in the names that it tells."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Without the traceback, which has lines of its own."""
        return visible(super().formatMessage(record))


class Hiding(logging.Formatter):
    """Another formatter's text with each secret hidden, in all forms in which libraries write it."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)  # a form may hold a shorter one

    def format(self, record: logging.LogRecord) -> str:
        text = self._inner.format(record)
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text


_TEXT = "%(asctime)s %(levelname)s %(message)s"


_ESCAPES: tuple[Callable[[str], str], ...] = (
    lambda text: text.replace("\\", "\\\\"),
    lambda text: text.replace("\\", "\\\\").replace("'", "\\'"),  # `repr`, where both quotes occur
    lambda text: text.replace("\\", "\\\\").replace('"', '\\"'),  # JSON
    lambda text: json.dumps(text)[1:-1],
    lambda text: text.encode("unicode_escape").decode(),
    lambda text: text.encode("unicode_escape").decode().replace("'", "\\'"),
)
_DEEPEST = 3
"""A text within a text within a text: the JSON line of the `repr` of bytes."""


def _forms(secret: str) -> set[str]:
    """How it may be written; of a secret of plain letters that is one form or two."""
    data = secret.encode()
    forms = {secret, quote(secret), data.hex(), base64.b64encode(data).decode(), data.decode("latin-1")}
    for _ in range(_DEEPEST):
        forms |= {escape(form) for form in forms for escape in _ESCAPES}
    return forms
