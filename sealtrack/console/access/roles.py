"""Roles, each with all rights of those before it."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """viewer reads; analyst decides; supervisor also suppresses and reads the audit log; admin runs it."""

    viewer = "viewer"
    analyst = "analyst"
    supervisor = "supervisor"
    admin = "admin"

    def reaches(self, least: Role) -> bool:
        """Whether this role has the rights of `least`."""
        order = list(Role)
        return order.index(self) >= order.index(least)
