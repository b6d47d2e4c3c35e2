"""What two lists of alerts say differently in the end."""

from __future__ import annotations

from collections.abc import Iterable

from sealtrack.io.codecs import time_text
from sealtrack.replay import final
from sealtrack.schema import Alert, FieldType, fields

_NOT_COMPARED = {"alert_id", "version", "geofences", "partition", "first_offset", "last_offset"}
"""The id is what pairs them; how many versions it took depends on the order in which the reports came; which geofences
it was judged by, and where its reports were read (a topic and its recording differ in that), is not what it says."""


def differences(a: Iterable[Alert], b: Iterable[Alert]) -> list[str]:
    """One line for each alert that stands in one list only, or says something else in the other; by start.

    Of each alert the last version counts; one that is retracted does not stand.
    """
    left, right = ({alert.alert_id: alert for alert in final(side)} for side in (a, b))
    found = [(alert, "only in a") for key, alert in left.items() if key not in right]
    found += [(alert, "only in b") for key, alert in right.items() if key not in left]
    for key in left.keys() & right.keys():
        if changes := _changes(left[key], right[key]):
            found.append((left[key], changes))
    found.sort(key=lambda item: (item[0].start, item[0].alert_id))
    return [f"{what}: {_name(alert)}" for alert, what in found]


def _name(alert: Alert) -> str:
    return f"{alert.alert_id} {alert.kind} of {alert.shipment_id} from {time_text(alert.start)}"


def _changes(a: Alert, b: Alert) -> str:
    lines = []
    for item in fields(Alert):
        left, right = getattr(a, item.name), getattr(b, item.name)
        if item.name in _NOT_COMPARED or left == right:
            continue
        if item.f.type is FieldType.OBJECT:
            keys = sorted((left.keys() | right.keys()) - _NOT_COMPARED)
            lines += [f"{item.name}.{k} {left.get(k)} | {right.get(k)}" for k in keys if left.get(k) != right.get(k)]
        elif item.f.type is FieldType.TIME:
            lines.append(f"{item.name} {_time(left)} | {_time(right)}")
        else:
            lines.append(f"{item.name} {left} | {right}")
    return ", ".join(lines)


def _time(value: int | None) -> str:
    return "none" if value is None else time_text(value)
