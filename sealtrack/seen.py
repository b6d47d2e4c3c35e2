"""Reads the sightings' topic for the live service."""

from __future__ import annotations

import numpy as np

from sealtrack.align import Aligner
from sealtrack.columns import Reports, concat
from sealtrack.errors import Rejected
from sealtrack.io.codecs.sightings import decode_sightings
from sealtrack.io.ports import Source


class Seen:
    """All sightings of the last `keep_ms`: an engine that starts anew needs them again, and the source reads on."""

    def __init__(self, source: Source, keep_ms: int) -> None:
        self._source, self._keep_ms = source, keep_ms
        self._recent = concat([])
        self._wanted_again = False

    def start_anew(self) -> None:
        """Give `read_into` once more what it gave before."""
        self._wanted_again = True

    def read_into(self, aligner: Aligner) -> list[Rejected]:
        """Put what has arrived into the order of the reports; returns what could not be read."""
        if self._wanted_again:
            aligner.put(self._recent)
            self._wanted_again = False
        rejected: list[Rejected] = []
        read: list[Reports] = []
        for batch in self._source.poll(0):
            sightings, unusable = decode_sightings(batch)
            aligner.add(batch, sightings)
            read.append(sightings)
            rejected += unusable
        if read:
            self._keep(concat([self._recent, *read]))
        return rejected

    def _keep(self, all_: Reports) -> None:
        received = all_.rows["received_ms"]
        self._recent = concat([all_.take(np.flatnonzero(received >= received.max(initial=0) - self._keep_ms))])
