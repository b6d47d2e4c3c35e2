"""A feed without end for the soak: a scenario again and again, a day later each time, with other seals."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from sealtrack.io.files import read_shipments
from sealtrack.io.ports import Message
from sealtrack.schema import Shipment
from tests.broker.feed import messages_in

DAY_MS = 86_400_000
BURSTS = 6
"""Seals of a round that store an hour of reports and send them at once."""
HOUR_MS = 3_600_000
_TIMES = ("depart_at", "arrive_by", "closed_at", "amended_at")


class Rounds:
    """The scenario in `folder`, shifted."""

    def __init__(self, folder: Path, topic: str, dice: random.Random) -> None:
        self._shipments, _ = read_shipments(folder / "shipments.csv")
        self._messages = list(messages_in(folder / "feed.csv.gz", topic))
        self._dice = dice

    def shipments(self, number: int) -> list[Shipment]:
        """Those of one round."""
        return [self._shifted(one, number) for one in self._shipments]

    def messages(self) -> Iterator[tuple[int, Message]]:
        """Each report with the number of its round, in the order of `received`, for ever."""
        for number in itertools.count():
            for message in self._round(number):
                yield number, message

    def _round(self, number: int) -> list[Message]:
        seals = sorted({one.key for one in self._messages})
        first_ms = min(one.timestamp_ms or 0 for one in self._messages)
        stored = {key: first_ms + self._dice.randrange(8 * HOUR_MS) for key in self._dice.sample(seals, BURSTS)}
        sent = []
        for one in self._messages:
            from_ms, stamp_ms = stored.get(one.key, 0), one.timestamp_ms or 0
            if from_ms <= stamp_ms < from_ms + HOUR_MS:
                stamp_ms = from_ms + HOUR_MS
            value = msgspec.json.decode(one.value or b"")
            value["time"] += number * DAY_MS
            value["seal_id"] = f"{value['seal_id']}-{number}"
            body = msgspec.json.encode(value)
            sent.append(Message(one.topic, value["seal_id"].encode(), body, stamp_ms + number * DAY_MS))
        return sorted(sent, key=lambda one: one.timestamp_ms or 0)

    @staticmethod
    def _shifted(one: Shipment, number: int) -> Shipment:
        moved: dict[str, Any] = {name: at + number * DAY_MS for name in _TIMES if (at := getattr(one, name))}
        return dataclasses.replace(
            one, shipment_id=f"{one.shipment_id}-{number}", seal_id=f"{one.seal_id}-{number}", **moved
        )
