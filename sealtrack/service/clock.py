"""How time passes where no report comes."""

from __future__ import annotations

import time
from collections.abc import Callable


class Idle:
    """How long the log has been idle. Only the time between looks that found it idle counts: while the broker is away
    or a batch is judged, time stands still, or every seal would seem silent.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._marked_s = now_s()
        self._since: tuple[int, float] | None = None

    def interrupt(self) -> None:
        """The log was not idle, or nobody could tell."""
        self._marked_s = self._now_s()

    def pass_from(self, clock_ms: int) -> int:
        """The log was idle since the last call: the clock of the last record, moved on by all such time."""
        now_s = self._now_s()
        start_ms, idle_s = self._since or (clock_ms, 0.0)
        self._since = start_ms, idle_s + now_s - self._marked_s
        self._marked_s = now_s
        return start_ms + int(self._since[1] * 1000)

    def reset(self) -> None:
        """A record came: its time is the clock's again."""
        self._since = None
        self.interrupt()
