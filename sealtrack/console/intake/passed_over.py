"""Tells in the log of records that cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sealtrack.errors import Rejected
from sealtrack.io.ports import RecordBatch

log = logging.getLogger(__name__)


def tell_rejected(rejected: Sequence[Rejected]) -> None:
    """A line for each; the service has put them into `seal.dead-letter`."""
    for one in rejected:
        log.warning("passed over: %(why)s", {"event": "passed_over", "why": str(one)})


def tell_passed_over(batch: RecordBatch, offset: int, why: str) -> None:
    """One record of this batch, and what is wrong with it."""
    place = f"{batch.topic}, {batch.partition}:{offset}"
    log.warning("%(place)s %(why)s; passed over", {"event": "passed_over", "place": place, "why": why})
