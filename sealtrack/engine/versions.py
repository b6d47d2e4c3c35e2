"""What has been published, and what must be published next (judgement section 9).

Alerts come in groups: all that one ground holds now. What differs from what was said last is a new version; what the
group no longer holds is retracted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

import msgspec

from sealtrack.schema import Alert, Status

Group = tuple[int, int, int]
"""(slot, rule, start): the ground of some alerts."""
GONE = "later evidence removed its ground"
_what_it_says = attrgetter(*(field.name for field in fields(Alert) if field.name != "version"))


class Versions:
    """The last version of every alert."""

    def __init__(self) -> None:
        self._last: dict[str, Alert] = {}
        self._groups: dict[Group, list[str]] = {}
        self._owner: dict[str, Group] = {}
        """The group that held an alert last: its ground may move to another, as when a stop that met others starts
        earlier than was known, but not before they came."""

    def settle(self, group: Group, alerts: Sequence[Alert]) -> list[Alert]:
        """These are all alerts of the group now; returns what to publish. Their `version` is given here."""
        held = [alert.alert_id for alert in alerts]
        for alert_id in held:
            self._owner[alert_id] = group
        gone = [alert_id for alert_id in self._groups.pop(group, ()) if alert_id not in held]
        if held:
            self._groups[group] = held
        news = [self._retract(alert_id) for alert_id in gone if self._owner[alert_id] == group]
        return news + [new for alert in alerts if (new := self._put(alert)) is not None]

    def adopt(self, published: Mapping[str, Alert], quiet: Collection[str]) -> list[Alert]:
        """Take these, by alert id, for what was said last, whatever was said before; returns what to publish.

        Of the shipments in `quiet`, what is missing is not retracted, and what is not among `published` stays unsaid.
        """
        said, self._last = self._last, dict(published)
        held = {alert_id: alert for alert_id, alert in said.items() if alert.status != Status.retracted}
        news: list[Alert] = []
        for alert_id, alert in held.items():
            unsaid = alert.version == 0  # so it was when the snapshot was taken
            if alert_id not in published and (unsaid or alert.shipment_id in quiet):
                self._last[alert_id] = replace(alert, version=0)
            elif (new := self._put(alert)) is not None:
                news.append(new)
        for alert_id, alert in published.items():
            if alert_id not in held and alert.status != Status.retracted and alert.shipment_id not in quiet:
                news.append(self._retract(alert_id))
        return sorted(news, key=lambda alert: (alert.detected_at, alert.shipment_id, alert.start))

    def last(self, alert_id: str) -> Alert | None:
        """What was said last of an alert."""
        return self._last.get(alert_id)

    def standing(self) -> Iterable[Alert]:
        """The last version of each alert that is not retracted."""
        return (alert for alert in self._last.values() if alert.status != Status.retracted)

    def _put(self, alert: Alert) -> Alert | None:
        last = self._last.get(alert.alert_id)
        if last is not None and _what_it_says(alert) == _what_it_says(last):
            return None
        version = 1 if last is None else last.version + 1
        new = alert if alert.version == version else replace(alert, version=version)
        self._last[alert.alert_id] = new
        return new

    def _retract(self, alert_id: str) -> Alert:
        last = self._last[alert_id]
        evidence = last.evidence | {"reason": GONE}
        new = replace(last, version=last.version + 1, status=Status.retracted, evidence=evidence)
        self._last[alert_id] = new
        return new

    def ids_of(self, shipment_ids: Collection[str]) -> list[str]:
        """All alerts of these shipments that were ever said."""
        return [alert_id for alert_id, alert in self._last.items() if alert.shipment_id in shipment_ids]

    def dump(self, number: Mapping[int, int], gone: Collection[str]) -> dict[str, Any]:
        """For a snapshot: `number` gives the slots that it holds their new numbers, `gone` are the other shipments."""
        last = [alert for alert in self._last.values() if alert.shipment_id not in gone]
        groups = [((number[s], *rest), ids) for (s, *rest), ids in self._groups.items() if s in number]
        return {"last": last, "groups": groups}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `dump` gave, through MessagePack."""
        alerts = msgspec.convert(state["last"], list[Alert])
        self._last = {alert.alert_id: alert for alert in alerts}
        self._groups = {(slot, rule, start): ids for (slot, rule, start), ids in state["groups"]}
        self._owner = {alert_id: group for group, ids in self._groups.items() for alert_id in ids}
