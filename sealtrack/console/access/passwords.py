"""Passwords: argon2id, with the library's parameters (RFC 9106, low memory)."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 200
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))
"""Compared when there is no such user: a wrong name must take as long as a wrong password."""


def hashed(password: str) -> str:
    """What the store keeps."""
    return _hasher.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether `password` is the one whose hash is kept; None: there is no such user."""
    try:
        _hasher.verify(kept or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def one_time() -> str:
    """A password to print once: 96 bits."""
    return secrets.token_urlsafe(12)


def fault(password: str, user: str) -> str | None:
    """Why the password will not do, in a sentence; None if it will."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"A password has {SHORTEST} to {LONGEST} characters."
    if user.casefold() in password.casefold() or len(set(password)) < 5:
        return "This password is too easy to guess: choose one without the user's name and with more different letters."
    return None
