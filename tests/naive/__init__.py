"""The slow, obvious twin of `sealtrack.core`, written from `docs/judgement.md` alone.

Everything is judged from scratch from the set of reports; each rule is a pass of its own over the walked reports. Where
the law leaves a choice, the choice taken stands in a comment `# reading: …`.
"""

from tests.naive.fences import Corridor, Fences, Zone
from tests.naive.judge import judge

__all__ = ["Corridor", "Fences", "Zone", "judge"]
