"""How long something may fail again and again before it is given up."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0


class Patience:
    """Failures in a row: after each a longer wait, and after `longest_s` no more."""

    def __init__(self, longest_s: float, stop: Callable[[], bool]) -> None:
        self._longest_s, self._stop = longest_s, stop
        self._since_s: float | None = None
        self.failures = 0
        """In a row."""

    def fail(self) -> bool:
        """It failed once more: waits, unless asked to stop. False when it has failed for too long."""
        now_s = time.monotonic()
        self._since_s = self._since_s or now_s
        self.failures += 1
        if now_s - self._since_s >= self._longest_s:
            return False
        until_s = now_s + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self.failures, 10))
        while not self._stop() and time.monotonic() < until_s:
            time.sleep(0.05)
        return True

    def succeed(self) -> None:
        """It did not fail."""
        self._since_s, self.failures = None, 0
