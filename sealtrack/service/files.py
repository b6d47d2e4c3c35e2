"""The geofence files of this worker: what they say, and whether that has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from sealtrack.beside import beside
from sealtrack.geofence import Catalogue, pack

Packed = tuple[bytes, Catalogue]


class Files:
    """Looks at them every `look_s`; they are read beside the loop, for that takes seconds."""

    def __init__(self, paths: Sequence[Path], look_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._paths, self._look_s, self._now_s = paths, look_s, now_s
        self._looked_s = -float("inf")
        self._stamps: object = None
        self._reading: Future[Packed] | None = None

    def news(self) -> Packed | None:
        """The files, once after each change and once at the start. InputError and GeofenceError: they are of no use."""
        if self._reading is not None:
            if not self._reading.done():
                return None
            reading, self._reading = self._reading, None
            return reading.result()
        if self._now_s() - self._looked_s >= self._look_s:
            self._looked_s = self._now_s()
            stamps = [(str(file), *_stamp(file)) for path in self._paths for file in _each(path)]
            if stamps != self._stamps:
                self._stamps = stamps
                self._reading = beside(lambda: pack(*self._paths))
        return None


def _each(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
