"""When nothing that comes can be read."""

from __future__ import annotations

from sealtrack.errors import InputError
from sealtrack.service.post import Parcel
from sealtrack.settings import Topics


def look_for_poison(published: Parcel, ceiling: int, topics: Topics) -> None:
    """InputError when so many unreadable records in a row of a lane have been published as dead letters; 0: never.

    The lane may have judged more since: the next start goes on after what is published, and so says the message.
    """
    for lane, unreadable in published.unreadable.items():
        if 0 < ceiling <= unreadable:
            raise InputError(
                f"{topics.positions}, partition {lane}: {unreadable} records in a row before offset "
                f"{published.offsets[lane]} cannot be read ({topics.dead_letter} says why): see that topics.positions "
                "and service.codec fit what is sent, or raise service.poison_ceiling, and start again"
            )
