"""The intake from topics beside the server: a thread that goes on until the console stops."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from sealtrack.console.intake.topics import TopicIntake
from sealtrack.console.store import Store
from sealtrack.errors import TransportError
from sealtrack.settings import Settings

log = logging.getLogger(__name__)
AGAIN_S = 5.0


@contextmanager
def following(store: Store, settings: Settings) -> Iterator[None]:
    """Fill the store from Kafka meanwhile. While the broker is away the console shows what it has, and tries again."""
    stopped = threading.Event()
    thread = threading.Thread(target=_follow, args=(store, settings, stopped), name="intake", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _follow(store: Store, settings: Settings, stopped: threading.Event) -> None:
    intake = TopicIntake(store, settings)
    while not stopped.is_set():
        try:
            _read(intake, settings, stopped.is_set)
        except TransportError as error:
            log.warning("%(why)s; trying again", {"event": "broker_away", "why": str(error)})
        except DBAPIError as error:
            log.warning(
                "the store does not answer (%(why)s); trying again",
                {"event": "store_away", "why": type(error).__name__},
            )
        stopped.wait(AGAIN_S)


def _read(intake: TopicIntake, settings: Settings, stop: Callable[[], bool]) -> None:
    from sealtrack.io.kafka.tail import KafkaTail  # noqa: PLC0415 - only where it is needed

    with KafkaTail(
        settings.kafka, intake.topics, intake.starts(), poll_records=settings.service.poll_records, stop=stop
    ) as source:
        intake.run(source, stop)
