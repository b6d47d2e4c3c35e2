"""Reads the settings from flags, environment, one TOML file and defaults, in this order of precedence.

A setting `NAME` of table `[TABLE]` is `SEALTRACK_TABLE_NAME` in the environment. A secret can also be read from a file:
`SEALTRACK_KAFKA_SASL_PASSWORD_FILE=/run/secrets/kafka`, or `sasl_password_file = "…"` in the TOML file.
"""

from __future__ import annotations

import logging
import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from sealtrack.errors import UsageError
from sealtrack.settings import Console, Kafka, Secret, Service, Settings, Topics

log = logging.getLogger(__name__)

PREFIX = "SEALTRACK_"

_TABLES: dict[str, type[msgspec.Struct]] = {"kafka": Kafka, "topics": Topics, "service": Service, "console": Console}
_LISTS = {("service", "geofences"): os.pathsep, ("console", "layers"): os.pathsep, ("console", "hosts"): ","}
"""Settings that hold several values, and what parts them in an environment variable."""

Flags = Mapping[tuple[str, str], Any]
"""(table, name) to a value given on the command line."""


def load(
    path: Path | None = None, *, environment: Mapping[str, str] | None = None, flags: Flags | None = None
) -> Settings:
    """Merge flags over environment over the file at `path` over the defaults.

    Raises:
        UsageError: names the unknown key or the impossible value, where it stands, and what is allowed.
    """
    merged: dict[str, dict[str, tuple[Any, str]]] = {table: {} for table in _TABLES}
    given = _from_file(path) if path else {}
    _add(merged, given, str(path))
    _add(merged, _from_environment(os.environ if environment is None else environment), "environment")
    _add(merged, {key: value for key, value in (flags or {}).items() if value is not None}, "flag")
    tables = {table: _convert(table, values) for table, values in merged.items()}
    settings = msgspec.convert(tables, Settings)
    _check(settings.kafka)
    _check_topics(settings.topics)
    if settings.console.timezone != Console().timezone:
        _check_timezone(settings.console.timezone)
    if path and any(_is_secret(get_type_hints(_TABLES[table]).get(name)) for table, name in given):
        _warn_if_open(path, "a password")
    if settings.kafka.ssl_keyfile is not None:
        _warn_if_open(settings.kafka.ssl_keyfile, "kafka.ssl_keyfile")
    return settings


def _add(merged: dict[str, dict[str, tuple[Any, str]]], values: Mapping[tuple[str, str], Any], source: str) -> None:
    for (table, name), value in values.items():
        hints = get_type_hints(_TABLES[table])
        where = _spelt(table, name, source)
        secret = name.removesuffix("_file")
        if secret != name and _is_secret(hints.get(secret)):
            merged[table][secret] = (_read_secret(value, where), where)
        elif name in hints:
            merged[table][name] = (value, where)
        else:
            raise UsageError(f"{where}: unknown setting; [{table}] has: {', '.join(hints)}")


def _from_file(path: Path) -> dict[tuple[str, str], Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, thousands of digits
        raise UsageError(f"{path}: cannot read the settings: {error}") from None
    for table, values in document.items():
        if table not in _TABLES or not isinstance(values, dict):
            raise UsageError(f"{path}: unknown table or key {table!r}; use {', '.join(f'[{t}]' for t in _TABLES)}")
    return {(table, name): value for table, values in document.items() for name, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[tuple[str, str], Any]:
    # Other SEALTRACK_ variables (of tests, of later tools) are not ours to refuse; one of our tables is.
    found: dict[tuple[str, str], Any] = {}
    for variable, text in environment.items():
        for table in _TABLES:
            start = f"{PREFIX}{table.upper()}_"
            if variable.startswith(start):
                name = variable.removeprefix(start).lower()
                found[table, name] = text.split(_LISTS[table, name]) if (table, name) in _LISTS else text
    return found


def _read_secret(value: Any, where: str) -> str:
    try:
        _warn_if_open(Path(value), where)
        return Path(value).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, TypeError, ValueError) as error:
        raise UsageError(f"{where}: cannot read the secret: {error}") from None


def _warn_if_open(path: Path, what: str) -> None:
    """A secret that everybody on this machine can read is none."""
    if path.is_file() and path.stat().st_mode & stat.S_IROTH:
        fields = {"event": "secret_open", "path": str(path), "what": what}
        log.warning("%(path)s (%(what)s) can be read by everybody on this machine: chmod o-r %(path)s", fields)


def _convert(table: str, values: Mapping[str, tuple[Any, str]]) -> msgspec.Struct:
    hints = get_type_hints(_TABLES[table], include_extras=True)
    converted = {}
    for name, (value, where) in values.items():
        given = [value] if (table, name) in _LISTS and isinstance(value, str | Path) else value
        try:
            # Environment variables are text; in a file "5" for 5 does no harm either.
            converted[name] = msgspec.convert(given, hints[name], strict=False, dec_hook=_decode)
        except (msgspec.ValidationError, TypeError) as error:
            shown = "" if _is_secret(hints[name]) else f" {value!r}"
            raise UsageError(f"{where}: impossible value{shown}: {error}") from None
    return _TABLES[table](**converted)


def _decode(kind: type, value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    if issubclass(kind, Path) and isinstance(value, str | Path):
        return Path(value)
    raise msgspec.ValidationError("Expected text")


def _is_secret(hint: Any) -> bool:
    return bool(hint == Secret | None)


def _spelt(table: str, name: str, source: str) -> str:
    if source == "environment":
        return f"{PREFIX}{table.upper()}_{name.upper()}"
    return f"--{name.replace('_', '-')}" if source == "flag" else f"{source}: [{table}] {name}"


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(f"console.timezone = {name!r} is no time zone; write e.g. Asia/Ho_Chi_Minh") from None


def _check_topics(topics: Topics) -> None:
    """What is published would be read as reports, or one sort of record as another."""
    used: dict[str, str] = {}
    for name in topics.__struct_fields__:
        other = used.setdefault(getattr(topics, name), name)
        if other != name:
            raise UsageError(f"topics.{name} = {getattr(topics, name)!r} is topics.{other}, too; name another topic")


def _check(kafka: Kafka) -> None:
    sasl = kafka.security_protocol.startswith("SASL")
    if sasl and kafka.sasl_mechanism is None:
        raise UsageError(f"kafka.security_protocol = {kafka.security_protocol} needs kafka.sasl_mechanism")
    if kafka.sasl_mechanism is not None and not sasl:
        raise UsageError("kafka.sasl_mechanism needs kafka.security_protocol = SASL_SSL (or SASL_PLAINTEXT)")
    by_name = sasl and kafka.sasl_mechanism != "GSSAPI"
    if by_name and (kafka.sasl_username is None or kafka.sasl_password is None):
        raise UsageError(f"kafka.sasl_mechanism = {kafka.sasl_mechanism} needs kafka.sasl_username and sasl_password")
