"""Search as people type: without case, without accents."""

from __future__ import annotations

import unicodedata


def searchable(text: str) -> str:
    """`Vận tải Đèo Sài Hồ` becomes `van tai deo sai ho`."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def like(text: str) -> str:
    """A LIKE pattern, to be escaped by a backslash, for rows that hold this text somewhere."""
    escaped = searchable(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
