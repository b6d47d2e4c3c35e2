"""Reads a policy file (TOML): `[default]`, and any number of `[set.NAME]` that state only what differs from it.

    [default]
    stop_warning_s = 900

    [set.minerals]
    applies_to = { cargo = ["ore", "coal"], unit = ["Lạng Sơn"] }
    stop_warning_s = 600

A shipment that names a `policy` is judged by that set; else by the first set, in the order of the file, all of whose
conditions it meets; else by the default (`Policies.choose`). What cannot be meant is refused by file, table and key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from sealtrack.errors import UsageError
from sealtrack.policy import AppliesTo, Policies, Policy, limits

OF_THE_ENGINE = ("clock_ahead_s", "horizon_s")
"""Asked before it is known whose report it is: one number for all shipments."""
NOT_ABOVE = (("stop_warning_s", "stop_critical_s"), ("battery_critical_pct", "battery_low_pct"))
"""The first of each pair must not be above the second."""


def load(path: Path | str | None) -> Policies:
    """Read a policy file; None gives the defaults. UsageError names file, table and key, and what to write instead."""
    if path is None:
        return Policies()
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, thousands of digits
        raise UsageError(f"{path}: cannot read the policy file: {error}") from None
    unknown = sorted(set(table) - {"default", "set"})
    if unknown:
        raise UsageError(f"{path}: unknown table or key {unknown[0]!r}; use [default] and [set.NAME]")
    default = _override(Policy(), table.get("default", {}), f"{path} [default]")
    named = table.get("set", {})
    if not isinstance(named, dict):
        raise UsageError(f"{path}: set = {named!r} must be tables [set.NAME]")
    sets: dict[str, Policy] = {}
    conditions: dict[str, AppliesTo] = {}
    for name, values in named.items():
        where = f"{path} [set.{name}]"
        if not name.strip():
            raise UsageError(f"{where}: a set needs a name that a shipment can give")
        sets[name] = _override(default, _of_one_set(values, where), where)
        if "applies_to" in values:
            conditions[name] = _conditions(values["applies_to"], where)
    return Policies(default, sets, conditions)


def _of_one_set(values: Any, where: str) -> Any:
    """The thresholds of a set, without its conditions; whatever is no table is refused later."""
    if not isinstance(values, dict):
        return values
    for key in OF_THE_ENGINE:
        if key in values:
            raise UsageError(f"{where}: {key} holds for all shipments; move it to [default]")
    return {key: value for key, value in values.items() if key != "applies_to"}


def _override(base: Policy, values: Any, where: str) -> Policy:
    if not isinstance(values, dict):
        raise UsageError(f"{where}: must be a table of thresholds")
    known = limits()
    for key, value in values.items():
        if key == "applies_to":
            raise UsageError(f"{where}: applies_to is for [set.NAME]; the default is for all the others")
        if key not in known:
            raise UsageError(f"{where}: unknown threshold {key!r}; known: {', '.join(known)}")
        limit = known[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not limit.low <= value <= limit.high:
            raise UsageError(f"{where}: {key} = {value!r} must be a number from {limit.low:g} to {limit.high:g}")
    policy = replace(base, **{key: float(value) for key, value in values.items()})
    for low, high in NOT_ABOVE:
        below, above = getattr(policy, low), getattr(policy, high)
        if below > above:
            raise UsageError(f"{where}: {low} = {below:g} is above {high} = {above:g}; state both, in that order")
    return policy


def _conditions(given: Any, where: str) -> AppliesTo:
    known = [item.name for item in fields(AppliesTo)]
    remedy = f'write e.g. applies_to = {{ {known[0]} = ["ore"] }}; known: {", ".join(known)}'
    if not isinstance(given, Mapping) or not given:
        raise UsageError(f"{where}: applies_to = {given!r} must name at least one condition; {remedy}")
    for key, values in given.items():
        what = f"{where}: applies_to.{key}"
        if key not in known:
            raise UsageError(f"{what}: unknown condition; {remedy}")
        if not isinstance(values, list) or not values:
            raise UsageError(f"{what} = {values!r} must be a list of one text or more; to allow any, leave {key} out")
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise UsageError(f"{what}: {value!r} must be a text that is not empty")
            if key == "route" and "|" in value:
                raise UsageError(f"{what}: {value!r} names several routes; list them one by one")
    return AppliesTo(**{key: tuple(values) for key, values in given.items()})
