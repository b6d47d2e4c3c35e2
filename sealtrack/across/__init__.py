"""The second stage: what several stops, or several shipments, show together (judgement section 11).

Pure functions over small digests, and stores that know whose alerts a digest concerns. Digests are all that workers
need of each other; everything is a function of the digests that stand, whatever the order in which they came.
"""

from sealtrack.across.accumulation import Accumulation, accumulations
from sealtrack.across.coverage import TOLD, Coverage, Neighbours
from sealtrack.across.digests import Digest, Heard, Key, Place, ShortStop, Silence
from sealtrack.across.meetings import Meetings
from sealtrack.across.rendezvous import Rendezvous, rendezvous

__all__ = [
    "TOLD",
    "Accumulation",
    "Coverage",
    "Digest",
    "Heard",
    "Key",
    "Meetings",
    "Neighbours",
    "Place",
    "Rendezvous",
    "ShortStop",
    "Silence",
    "accumulations",
    "rendezvous",
]
