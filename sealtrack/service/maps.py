"""The editions of the geofences, as every worker reads them from their topic, and where a new one comes from.

A record is a catalogue, in force from its timestamp on; its key names the edition, so that compaction keeps them all.
Files are a way to publish one: which worker does it, and when, is settled by the topic.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future

from sealtrack.beside import beside
from sealtrack.engine.atlas import Edition
from sealtrack.errors import InputError, Rejected, TransportError, UsageError
from sealtrack.geofence import Catalogue, unpack
from sealtrack.io.codecs import time_text
from sealtrack.io.messages import geofences_message
from sealtrack.io.ports import Message, RecordBatch, Source
from sealtrack.service.files import Files, Packed
from sealtrack.service.letters import Letters

log = logging.getLogger(__name__)

FROM_THE_START = 0
"""Stamp of the first edition."""


class Maps:
    """All editions that are known."""

    def __init__(
        self,
        source: Source,
        topic: str,
        publish: Callable[[Message], None],
        files: Files,
        *,
        spare: bool,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`publish` waits until the record stands; `spare`: the files count only while the topic holds no edition."""
        self._source, self._topic, self._publish, self._files, self._spare = source, topic, publish, files, spare
        self._now_ms = now_ms
        self._editions: dict[bytes, Edition] = {}
        self._publishing: Future[None] | None = None
        self._untold: Packed | None = None
        self._at_start = True

    @property
    def editions(self) -> list[Edition]:
        """In no order; none before the topic was read for the first time."""
        return list(self._editions.values())

    def read(self, letters: Letters) -> bool:
        """Take in what has arrived, and look at the files; True when there are other editions now."""
        before = dict(self._editions)
        for batch in self._source.poll(0):
            letters.add(batch, self._take(batch))
        self._look()
        return self._editions != before

    def is_whole(self) -> bool:
        """True when all that the topic holds is known, and the files have been held against it."""
        return not self._at_start and bool(self._editions) and self._source.caught_up()

    def _take(self, batch: RecordBatch) -> list[Rejected]:
        rejected = []
        for row, value in enumerate(batch.values):
            key, offset = batch.keys[row] or b"", int(batch.offsets[row])
            if value is None:
                self._forget(key)
                continue
            try:
                catalogue = unpack(value, f"{batch.topic}, {batch.partition}:{offset}")
            except InputError as error:
                why = f"{error}; the geofences before stay in force"
                rejected.append(Rejected(batch.topic, batch.partition, offset, "", "unusable", why, value))
                continue
            self._editions[key] = Edition(int(batch.timestamps_ms[row]), catalogue)
            since = _since(self._editions[key])
            fields = {"event": "geofences_in_force", "version": catalogue.version, "since": since}
            log.info("geofences %(version)s judge what departs from %(since)s on", fields)
        return rejected

    def _forget(self, key: bytes) -> None:
        if len(self._editions) == 1 and key in self._editions:
            fields = {"event": "geofences_stay", "topic": self._topic}
            log.warning("the last edition of the geofences was deleted from %(topic)s; it stays in force", fields)
            return
        self._editions.pop(key, None)

    def _look(self) -> None:
        """Publish what the files say, where that is news."""
        if self._publishing is not None:
            self._await()
        elif self._at_start and not self._source.caught_up():
            return
        elif self._spare and self._editions:
            self._at_start = False
        elif (found := self._read_files()) is not None:
            self._offer(*found)

    def _read_files(self) -> Packed | None:
        if self._untold is not None:
            return self._untold
        try:
            return self._files.news()
        except InputError as error:
            if not self._editions:
                raise
            fields = {"event": "geofences_stay", "why": str(error), "version": self._last().version}
            log.error("%(why)s; geofences %(version)s stay in force", fields)  # noqa: TRY400 - a user's mistake
            self._at_start = False
            return None

    def _offer(self, text: bytes, catalogue: Catalogue) -> None:
        at_start, self._untold = self._at_start, None
        if self._editions and catalogue.sha256 == self._last().sha256:
            self._at_start = False
        elif at_start and catalogue.sha256 in {one.catalogue.sha256 for one in self._editions.values()}:
            log.warning(
                "the geofence files hold %(old)s, which %(version)s has replaced; that stays in force. To go back: "
                "sealtrack geofences publish",
                {"event": "geofences_stay", "old": catalogue.version, "version": self._last().version},
            )
            self._at_start = False
        else:
            from_ms = self._now_ms() if self._editions else FROM_THE_START
            message = geofences_message(self._topic, text, catalogue.version, from_ms)
            self._untold = text, catalogue
            self._publishing = beside(lambda: self._publish(message))

    def _await(self) -> None:
        if self._publishing is None or not self._publishing.done():
            return
        publishing, self._publishing = self._publishing, None
        try:
            publishing.result()
        except UsageError as error:
            if not self._editions:
                raise
            fields = {"event": "geofences_stay", "why": str(error)}
            log.error("new geofences are not published: %(why)s", fields)  # noqa: TRY400 - not ours to mend
            self._untold, self._at_start = None, False
        except TransportError as error:
            log.warning("new geofences are not published yet: %(why)s", {"event": "geofences_wait", "why": str(error)})
        else:
            self._untold, self._at_start = None, False

    def _last(self) -> Catalogue:
        return max(self._editions.values(), key=lambda one: (one.from_ms, one.catalogue.sha256)).catalogue


def _since(edition: Edition) -> str:
    return "the start" if edition.from_ms == FROM_THE_START else time_text(edition.from_ms)
