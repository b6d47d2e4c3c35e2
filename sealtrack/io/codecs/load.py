"""Bytes to one JSON object, or a reason why not. Nothing that arrives may raise anything but FieldError."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from sealtrack.io.codecs.coerce import FieldError

LARGEST_VALUE = 1 << 20
"""Bytes in a record. A report has a few hundred; a broker's own default limit is this one."""

_decode = msgspec.json.Decoder().decode


def load_object(value: bytes | None) -> dict[str, Any]:
    """The JSON object in `value`. FieldError (`empty`, `too_large`, `not_json`, `duplicate_key`, `not_an_object`).

    NaN and Infinity, which are no JSON but are written by careless gateways, are read as floats: the field they stand
    in is refused later, the rest of the record is not.
    """
    if not value:
        raise FieldError("empty", "the record has no value; send a JSON object")
    if len(value) > LARGEST_VALUE:
        raise FieldError("too_large", f"{len(value)} bytes; a record may have {LARGEST_VALUE}")
    try:
        found = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # the second for bytes within a text
        found = _load_tolerantly(value)
    if not isinstance(found, dict):
        raise FieldError("not_an_object", f"a JSON {_kind(found)}; send an object with named fields")
    # Parsers keep the last of two equal keys, so that a second "lock" would hide the first. Comparing counts costs a
    # tenth of looking at every key; only a mismatch (also from `":` within a text) is looked into.
    written = value.count(b'":')
    if written != len(found) and written != _count_keys(found):
        found = dict(_load_tolerantly(value))
    return found


def _load_tolerantly(value: bytes) -> Any:
    try:
        return json.loads(value.decode("utf-8"), object_pairs_hook=_unique, parse_constant=float)
    except UnicodeDecodeError as error:
        raise FieldError("not_utf8", f"byte {error.start} is not UTF-8; send JSON in UTF-8") from None
    except RecursionError:
        raise FieldError("not_json", "nested too deeply; send a flat JSON object") from None
    except FieldError:
        raise
    except ValueError as error:  # malformed, or an integer of thousands of digits
        raise FieldError("not_json", f"not JSON: {str(error)[:100]}; send one JSON object a record") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FieldError("duplicate_key", f"{twice[:40]!r} stands twice; which one counts is unknown")
    return found


def _count_keys(found: dict[str, Any]) -> int:
    """Keys at all levels. Iterative: the nesting is the sender's choice."""
    total = 0
    waiting: list[Any] = [found]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            total += len(item)
            item = item.values()
        waiting += [child for child in item if isinstance(child, dict | list)]
    return total


def _kind(found: object) -> str:
    names = {list: "array", str: "text", bool: "bool", type(None): "null"}
    return names.get(type(found), "number")
