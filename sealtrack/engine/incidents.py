"""Which alerts of a shipment belong together.

Two alerts are of one incident when they touch in time (`TOUCH_MS`), or when one prepares the other: an act of the first
column of `CAUSES` that ended at most `CAUSE_MS` before one of the second began. What belongs to the same is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sealtrack.schema import Alert, Kind, Severity

TOUCH_MS = 1_800_000
CAUSE_MS = 10_800_000
_NEVER = float("inf")

_EFFECTS = frozenset(
    {
        Kind.route_deviation,
        Kind.unauthorised_stop,
        Kind.seal_open,
        Kind.rendezvous,
        Kind.separation,
        Kind.forbidden_zone,
        Kind.skipped_checkpoint,
    }
)


class Cause(NamedTuple):
    """What an act prepares."""

    effects: frozenset[Kind]
    least: Severity = Severity.info
    """The act counts from this severity on."""


CAUSES: Mapping[Kind, Cause] = {
    Kind.seal_tamper: Cause(_EFFECTS),
    Kind.seal_open: Cause(_EFFECTS),
    Kind.jamming: Cause(_EFFECTS),
    Kind.signal_loss: Cause(_EFFECTS),
    Kind.position_anomaly: Cause(_EFFECTS, Severity.warning),
}
"""Acts that prepare others: who blinds or tries the seal does it for something."""
_WEIGHT = {severity: weight for weight, severity in enumerate(Severity)}


def incidents(alerts: Iterable[Alert]) -> list[list[Alert]]:
    """The alerts of one shipment by incident, each by start; the incidents by their first alert.

    A function of the set of alerts: the order in which they are given plays no part.
    """
    ordered = sorted(alerts, key=lambda alert: (alert.start, alert.kind, alert.alert_id))
    heads = list(range(len(ordered)))
    _join_touching(ordered, heads)
    _join_caused(ordered, heads)
    groups: dict[int, list[Alert]] = {}
    for number, alert in enumerate(ordered):
        groups.setdefault(_head(heads, number), []).append(alert)
    return list(groups.values())


def prepares(act: Alert, later: Alert) -> bool:
    """Whether `act` is of a kind and weight that prepares what `later` is, and in time for it."""
    cause = CAUSES.get(Kind(act.kind))
    if cause is None or Kind(later.kind) not in cause.effects or _WEIGHT[Severity(act.severity)] < _WEIGHT[cause.least]:
        return False
    return act.start <= later.start <= _end(act) + CAUSE_MS


def _join_touching(ordered: list[Alert], heads: list[int]) -> None:
    reach = -_NEVER
    for number, alert in enumerate(ordered):
        if alert.start <= reach + TOUCH_MS:
            _join(heads, number - 1, number)
        reach = max(reach, _end(alert))


def _join_caused(ordered: list[Alert], heads: list[int]) -> None:
    acts: list[int] = []
    for number, alert in enumerate(ordered):
        acts = [act for act in acts if alert.start <= _end(ordered[act]) + CAUSE_MS]
        for act in acts:
            if prepares(ordered[act], alert):
                _join(heads, act, number)
        if Kind(alert.kind) in CAUSES:
            acts.append(number)


def _join(heads: list[int], a: int, b: int) -> None:
    first, second = sorted((_head(heads, a), _head(heads, b)))
    heads[second] = first


def _head(heads: list[int], number: int) -> int:
    while heads[number] != number:
        heads[number] = heads[heads[number]]
        number = heads[number]
    return number


def _end(alert: Alert) -> float:
    return _NEVER if alert.end is None else alert.end
