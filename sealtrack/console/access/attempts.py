"""Failed logins, counted a minute at a time for each user name and for each address."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_ADDRESS_FACTOR = 4
"""Several people share an address: it may fail more often than a name."""


class Attempts:
    """Held in memory: a restart forgets it, which gives nobody more than a few guesses."""

    def __init__(self, per_minute: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._name = RateLimitItemPerMinute(per_minute, namespace="name")
        self._address = RateLimitItemPerMinute(per_minute * _ADDRESS_FACTOR, namespace="address")

    def allowed(self, user: str, address: str) -> bool:
        """Whether a further login may be tried; says nothing of whether it would have been right."""
        limiter = self._limiter
        return limiter.test(self._name, user.casefold()) and limiter.test(self._address, address)

    def failed(self, user: str, address: str) -> None:
        """A wrong name or password."""
        self._limiter.hit(self._name, user.casefold())
        self._limiter.hit(self._address, address)
