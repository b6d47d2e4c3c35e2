"""Lanes that this worker has been given and does not judge yet."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future

from sealtrack.beside import beside
from sealtrack.errors import TransportError
from sealtrack.io.ports import State
from sealtrack.service.lane import Lane
from sealtrack.service.patience import Patience
from sealtrack.service.recovery import Recovery
from sealtrack.service.state import state_of

log = logging.getLogger(__name__)


class Arrivals:
    """Their state is read beside the loop: that may have to wait for a dead worker's last transaction."""

    def __init__(self, state: State, recovery: Recovery, patience: Patience) -> None:
        self._state, self._recovery, self._patience = state, recovery, patience
        self._coming: dict[int, Future[dict[bytes, bytes]]] = {}

    def __len__(self) -> int:
        return len(self._coming)

    def __iter__(self) -> Iterator[int]:
        return iter(self._coming)

    def __contains__(self, number: object) -> bool:
        return number in self._coming

    def expect(self, number: int) -> None:
        """Have a lane's state read, once more if it was being read."""
        self._coming[number] = beside(lambda: self._state.read(number))

    def give_up(self, number: int) -> None:
        """It went to another worker."""
        self._coming.pop(number, None)

    def arrived(self) -> Iterator[Lane]:
        """Lanes that begin now. TransportError: the broker has not answered for too long."""
        for number in [number for number, coming in self._coming.items() if coming.done()]:
            try:
                yield self._recovery.lane(number, state_of(self._coming.pop(number).result()))
            except TransportError as error:
                if not self._patience.fail():
                    raise
                log.warning(
                    "lane %(lane)d: %(why)s; once more", {"event": "lane_retried", "lane": number, "why": str(error)}
                )
                self.expect(number)
            else:
                self._patience.succeed()
