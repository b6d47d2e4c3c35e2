"""How fast this machine judges a given feed, stage by stage."""

from sealtrack.bench.measure import SMALL_BATCH, Measured, Stage, measure
from sealtrack.bench.plot import picture

__all__ = ["SMALL_BATCH", "Measured", "Stage", "measure", "picture"]
