"""How the topics must be: compacted, kept for a time or for ever, with as many partitions as another one."""

from __future__ import annotations

from typing import NamedTuple

from sealtrack.settings import Topics

_COMPACTED = {"cleanup.policy": "compact"}
_OWN = _COMPACTED | {"segment.ms": "3600000", "segment.bytes": "67108864", "min.cleanable.dirty.ratio": "0.1"}
"""Whoever takes a partition over reads it whole: only closed segments are compacted, so these are small."""


LARGEST_GEOFENCES = 16 << 20
"""Bytes of one edition of the geofences, compressed."""


class Plan(NamedTuple):
    """One topic."""

    configs: dict[str, str]
    expires: bool = False
    """Its records may go after a time: what is judged from them stands elsewhere."""
    like: str | None = None
    """A topic that has as many partitions."""


def plan(topics: Topics) -> dict[str, Plan]:
    """By name of topic."""
    return {
        topics.positions: Plan({}, expires=True),
        topics.shipments: Plan(_COMPACTED),
        topics.sightings: Plan({}, expires=True),
        topics.geofences: Plan(_COMPACTED | {"max.message.bytes": str(LARGEST_GEOFENCES)}),
        topics.alerts: Plan({}),
        topics.flagged: Plan(_COMPACTED),
        topics.dead_letter: Plan({}, expires=True),
        topics.state: Plan(_OWN, like=topics.positions),
        topics.digests: Plan(_OWN, like=topics.positions),
    }
