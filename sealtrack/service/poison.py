"""When nothing that comes can be read."""

from __future__ import annotations

from collections.abc import Iterable

from sealtrack.errors import InputError
from sealtrack.service.lane import Lane
from sealtrack.settings import Topics


def look_for_poison(lanes: Iterable[Lane], ceiling: int, topics: Topics) -> None:
    """InputError when a lane has had so many unreadable records in a row; 0: never.

    To be called when they are published as dead letters, with their positions: the next start goes on after them.
    """
    for lane in lanes:
        if 0 < ceiling <= lane.unreadable:
            raise InputError(
                f"{topics.positions}, partition {lane.number}: {lane.unreadable} records in a row before offset "
                f"{lane.position} cannot be read ({topics.dead_letter} says why): see that topics.positions and "
                "service.codec fit what is sent, or raise service.poison_ceiling, and start again"
            )
