"""From source files to a catalogue: read, check, compile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sealtrack.errors import GeofenceError, InputError
from sealtrack.geofence.catalogue import Catalogue
from sealtrack.geofence.check import check_features
from sealtrack.geofence.compile import compile_fences
from sealtrack.geofence.faults import Fault, Level
from sealtrack.geofence.read import read


def load(paths: Sequence[Path]) -> Catalogue:
    """See `sealtrack.geofence.load`."""
    faults, catalogue = examine(paths)
    if catalogue is not None:
        return catalogue
    unreadable = [str(fault) for fault in faults if fault.level is Level.unreadable]
    if unreadable:
        raise InputError("\n".join(unreadable))
    errors = [str(fault) for fault in faults if fault.level is Level.error]
    count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    raise GeofenceError("\n  ".join([f"geofences not used, {count}:", *errors]))


def examine(paths: Sequence[Path]) -> tuple[list[Fault], Catalogue | None]:
    """See `sealtrack.geofence.examine`."""
    with np.errstate(invalid="ignore", over="ignore"):  # wild coordinates are named by the check, not by numpy
        features, unread = read(paths)
        fences, faults = check_features(features)
    faults = [*unread, *faults]
    usable = all(fault.level is Level.warning for fault in faults)
    return faults, compile_fences(fences) if usable else None
