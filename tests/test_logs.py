"""The log of the service: one sentence, as text or as JSON, and no secret in either."""

from __future__ import annotations

import base64
import io
import json
import logging
from typing import Any

import pytest

from sealtrack.service.logs import log_to_stderr
from sealtrack.settings import secrets
from sealtrack.settings_file import load

SECRET = "Tür\"zu\\auf'42"  # noqa: S105 - opens nothing
log = logging.getLogger("sealtrack.test")


def logged(form: Any, **options: Any) -> io.StringIO:
    stream = io.StringIO()
    log_to_stderr(form, stream=stream, **options)
    return stream


def test_a_line_of_json_has_its_fields_by_name() -> None:
    stream = logged("json")
    log.warning("lane %(lane)d: %(why)s", {"event": "lane_retried", "lane": 3, "why": "gone"})
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "event": "lane_retried",
        "message": "lane 3: gone",
        "logger": "sealtrack.test",
        "lane": 3,
        "why": "gone",
    }


def test_what_others_log_is_json_too_with_its_traceback_on_the_same_line() -> None:
    stream = logged("json")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("library").exception("went %s", "wrong")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["event"], line["message"]) == ("library", "went wrong")
    assert "ZeroDivisionError" in line["exception"]


def test_text_is_the_sentence() -> None:
    stream = logged("text")
    log.info("lane %(lane)d", {"event": "lane", "lane": 3})
    assert stream.getvalue().endswith(" INFO lane 3\n")


def test_a_name_adds_no_line_but_a_traceback_has_its_own() -> None:
    stream = logged("text")
    log.info("shipment %(name)s", {"event": "told", "name": "S1\n2026-01-01 ERROR all is lost\x1b[31m"})
    assert stream.getvalue().endswith(r"shipment S1\n2026-01-01 ERROR all is lost\x1b[31m" + "\n")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        log.exception("went wrong")
    assert "\nZeroDivisionError: division by zero\n" in stream.getvalue()


def test_the_level_is_a_setting() -> None:
    stream = logged("text", level="error")
    log.warning("not so bad")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        repr(SECRET),
        SECRET.encode(),
        f"auth_bytes={b'x' + SECRET.encode()!r}",
        f"{[SECRET, SECRET.encode()]!r} in {repr((SECRET, chr(34)))!r}",
        {"sasl_plain_password": SECRET},
        base64.b64encode(SECRET.encode()),
        SECRET.encode().hex(),
        ValueError(SECRET),
    ],
    ids=lambda written: type(written).__name__,
)
def test_a_secret_is_hidden_however_a_library_writes_it(form: str, written: object) -> None:
    stream = logged(form, secrets=[SECRET])
    log.error("%s and %r", written, written)
    log.error("%(why)s", {"event": "x", "why": str(written)})
    said = stream.getvalue()
    for form_of_it in (SECRET, repr(SECRET)[1:-1], repr(SECRET.encode())[2:-1], SECRET.encode().hex()):
        assert form_of_it not in said
    assert "…" in said


def test_every_secret_setting_is_known_to_the_log() -> None:
    environment = {
        "SEALTRACK_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "SEALTRACK_KAFKA_SASL_MECHANISM": "PLAIN",
        "SEALTRACK_KAFKA_SASL_USERNAME": "duty",
        "SEALTRACK_KAFKA_SASL_PASSWORD": "one",
        "SEALTRACK_KAFKA_SSL_PASSWORD": "two",
    }
    assert sorted(secrets(load(environment=environment))) == ["one", "two"]
