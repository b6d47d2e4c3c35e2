"""The engine and its parts. Who reads reports and publishes alerts needs `Engine` alone."""

from sealtrack.engine.engine import Engine

__all__ = ["Engine"]
