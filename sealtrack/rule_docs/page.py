"""The page: words, numbers of the state machine, thresholds and evidence of every kind."""

from __future__ import annotations

import math
from itertools import product
from string import Formatter

import numpy as np

from sealtrack.across import Accumulation, Neighbours, Rendezvous, ShortStop
from sealtrack.core.machine import TABLE, Rule
from sealtrack.core.state import CLOSED_STATUS, OPEN_STATUS, OUT_DTYPE
from sealtrack.engine.evidence import KINDS, Names, make_alert
from sealtrack.engine.group_alerts import accumulation_alert, rendezvous_alert, with_neighbours
from sealtrack.engine.rows import plain
from sealtrack.engine.score import ACT_POINTS, POINTS
from sealtrack.policy import Policy, limits
from sealtrack.rule_docs.incidents import incidents_section
from sealtrack.rule_docs.words import EVIDENCE, WORDS, Words
from sealtrack.schema import NO_TIME, Kind, Severity, Shipment

_SHIPMENT = Shipment(shipment_id="", seal_id="", route_id="", depart_at=0)
_NAMES = Names(lambda: ["card"], ["zone"])

_INTRO = """# What each alert means

For the analyst: what raises an alert, what ends it, what it says, what is usually behind it, what to do first. Printed
by `python -m sealtrack.rule_docs` from the tables the rules run on; change those, not this page. The law, precise
enough to be written twice, is [judgement.md](judgement.md); [schema.md](schema.md) has the fields common to all alerts.

- All numbers are defaults of the policy; the name in `code` is the key in a policy file, where a cargo or route may
  have its own.
- An alert is a claim about an interval from `start` to `end`, dated back to the first evidence. Late reports amend it:
  each change is a new `version` of the same `alert_id`, and what they disprove is `retracted` with its `reason`.
- `geofences` in the evidence of every alert names the version of the geofences that the shipment was judged by, as
  `sealtrack geofences check` shows it (12 digits of a hash of their content).
- A fix may be old. `last_fix_at` and its like say how old: never pass a place on without it.
- "May be innocent" never means "ignore": it is what to rule out first.
"""

UNITS = {"km": "km", "m": "m", "kmh": "km/h", "s": "s", "pct": "%", "at": "time, UTC"}
"""Last part of a name to the unit it states."""


def page() -> str:
    """The whole page, Markdown."""
    return "\n".join([_INTRO, _overview(), incidents_section(), *(_section(kind) for kind in Kind)])


def evidence_names(kind: Kind) -> list[str]:
    """Every evidence name that an alert of this kind can hold, in the order of the alert."""
    variants = product((OPEN_STATUS, CLOSED_STATUS), (0, 1, 2), (0, 1))
    said = [_evidence_of(kind, *variant) for variant in variants] if kind != Kind.rendezvous else []
    return list(dict.fromkeys(name for names in [*said, *_of_several(kind)] for name in names))


def _evidence_of(kind: Kind, status: int, flag: int, events: int) -> list[str]:
    rows = np.zeros(1, OUT_DTYPE)
    row = rows[0]
    row["kind"], row["status"], row["flag"], row["events"] = KINDS.index(kind), status, flag, events
    row["end_ms"] = NO_TIME if status == OPEN_STATUS else 1
    row["before_fix_ms"] = -1  # not the start: the place is another report's
    return list(make_alert(plain(rows)[0], _SHIPMENT, _NAMES).evidence)


def _of_several(kind: Kind) -> list[list[str]]:
    """Evidence names of what several stops, or shipments, show."""
    row = plain(np.zeros(1, OUT_DTYPE))[0]
    stop = ShortStop("", "", 0, 1, 0.0, 0.0, 0, 1, 1)
    if kind == Kind.unauthorised_stop:
        return [
            list(accumulation_alert(Accumulation((stop,), 1, probing, 0), [row], _SHIPMENT).evidence)
            for probing in (False, True)
        ]
    if kind == Kind.rendezvous:
        return [
            list(rendezvous_alert(Rendezvous(0, end, ("",), 0.0, Severity.warning, 0), row, _SHIPMENT).evidence)
            for end in (None, 1)
        ]
    if kind == Kind.signal_loss:
        return [list(with_neighbours(make_alert(row, _SHIPMENT, _NAMES), Neighbours(0, 0)).evidence)]
    return []


def _overview() -> str:
    rows = [f"| [`{kind}`](#{kind}) | {WORDS[kind].meaning} | {_points(kind)} |" for kind in Kind]
    head = ["| kind | meaning | points in the score: info, warning, critical |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _points(kind: Kind) -> str:
    more = ACT_POINTS[kind]
    return ", ".join(str(points + more if points else 0) for points in POINTS.values())


def _section(kind: Kind) -> str:
    words = WORDS[kind]
    rule = TABLE.get(KINDS.index(kind))
    rows = [
        ("Raised by", _fill(words.trigger)),
        ("Held", _hold(rule)),
        ("Ended by", _fill(words.ends)),
        *([("End confirmed by", _exit(rule))] if rule else []),
        ("Severity", _fill(words.severity)),
        ("May be innocent", "; ".join(words.innocent)),
        ("First", words.first),
    ]
    table = [f"| {name} | {_cell(text)} |" for name, text in rows]
    parts = [f"## {kind}", "", words.meaning, "", "| | |", "|---|---|", *table, ""]
    return "\n".join([*parts, *_thresholds(words, rule), *_evidence(kind)])


def _hold(rule: Rule | None) -> str:
    if rule is None:
        return "the clock judges it; no report is needed"
    enough = [] if rule.hold_fixes == math.inf else [_count(rule.hold_fixes, "report")]
    enough += [] if rule.hold_s in (0, math.inf) else [f"{_number(rule.hold_s)} seen by two reports or more"]
    return "at once" if enough == ["1 report"] else " or ".join(enough)


def _exit(rule: Rule) -> str:
    return "1 report" if rule.exit_fixes == 1 else _count(rule.exit_fixes, "report") + " in a row"


def _count(value: str | float, noun: str) -> str:
    number = getattr(Policy(), value) if isinstance(value, str) else value
    return f"{number:g} {noun}" + ("" if number == 1 else "s")


def _fill(text: str) -> str:
    return text.format_map({name: _number(name) for name in limits()})


def _number(value: str | float) -> str:
    """A threshold's default, or a number of seconds, as people say it."""
    if not isinstance(value, str):
        return _amount(value, "s")
    return _amount(getattr(Policy(), value), value.rsplit("_", 1)[-1])


def _amount(number: float, suffix: str) -> str:
    if suffix == "s" and number >= 120:
        return f"{number / 3600:g} h" if number >= 7_200 else f"{number / 60:g} min"
    if suffix == "m" and number >= 1_000:
        return f"{number / 1000:g} km"
    return f"{number:g} {UNITS[suffix]}" if suffix in UNITS else f"{number:g}"


def _thresholds(words: Words, rule: Rule | None) -> list[str]:
    texts = (words.trigger, words.ends, words.severity)
    names = [name for text in texts for _, name, _, _ in Formatter().parse(text) if name]
    names += [value for value in rule or () if isinstance(value, str)]
    known = limits()
    used = [name for name in known if name in names]
    rows = [threshold_row(name) for name in used]
    return ["| threshold | default | may be | meaning |", "|---|--:|---|---|", *rows, ""] if rows else []


def threshold_row(name: str) -> str:
    """A threshold as a row of a table: its default, its range, what it means."""
    return f"| `{name}` | {_number(name)} | {_range(name)} | {_cell(limits()[name].doc)} |"


def _range(name: str) -> str:
    limit = limits()[name]
    return f"{limit.low:,g} … {limit.high:,.0f} {_unit(name)}".rstrip()


def _evidence(kind: Kind) -> list[str]:
    rows = [f"| `{name}` | {_unit(name)} | {EVIDENCE[name]} |" for name in evidence_names(kind)]
    return ["| evidence | unit | meaning |", "|---|---|---|", *rows, ""]


def _unit(name: str) -> str:
    return UNITS.get(name.rsplit("_", 1)[-1], "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
