"""Batches are decoded beside the judging of those before them: most of it holds no lock of Python's."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

from sealtrack.beside import beside
from sealtrack.columns import Reports
from sealtrack.errors import Rejected
from sealtrack.io.codecs import Codec
from sealtrack.io.ports import RecordBatch

LEAST = 2_000
"""Records of a batch that are worth the trouble."""

Decoded = tuple[Reports, list[Rejected]]


class Ahead:
    """A codec that may know already what is asked of it."""

    def __init__(self, codec: Codec) -> None:
        self._decode = codec.decode_reports
        self._begun: list[tuple[RecordBatch, Future[Decoded]]] = []
        self.codec = Codec(codec.name, self.decode)
        """What to decode with."""

    def begin(self, batches: Sequence[RecordBatch]) -> None:
        """These come next, one after the other; the first is wanted at once."""
        self._begun = [(batch, Future[Decoded]()) for batch in batches[1:] if len(batch) >= LEAST]
        if self._begun:
            beside(partial(self._run, self._begun))

    def decode(self, batch: RecordBatch) -> Decoded:
        """What stands in a batch; waits for it when it is in work. A part of one is decoded here."""
        for begun, future in self._begun:
            if begun is batch:
                return future.result()
        return self._decode(batch)

    def _run(self, begun: Sequence[tuple[RecordBatch, Future[Decoded]]]) -> None:
        for batch, future in begun:
            try:
                future.set_result(self._decode(batch))
            except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
                future.set_exception(error)
