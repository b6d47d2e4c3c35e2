"""What the page says of incidents and scores, from the tables that make them."""

from __future__ import annotations

from sealtrack.engine.incidents import CAUSE_MS, CAUSES, TOUCH_MS
from sealtrack.engine.score import MOST_POINTS, PROBING_POINTS, REPEATED_POINTS
from sealtrack.schema import Kind, Severity


def incidents_section() -> str:
    """A section, Markdown."""
    acts = [
        _code(kind) + ("" if cause.least == Severity.info else f" ({cause.least})") for kind, cause in CAUSES.items()
    ]
    effects = {kind for cause in CAUSES.values() for kind in cause.effects}
    return f"""## Incidents and the score

Alerts of a shipment that lie within {TOUCH_MS // 60_000} min of each other are one incident. So are an act that
prepares another, and what begins up to {CAUSE_MS // 3_600_000} h after its end:

- these prepare others: {", ".join(acts)};
- these are prepared: {", ".join(_code(kind) for kind in Kind if kind in effects)}.

The score of an incident is a sum, and every point of it is a reason in words in the shipment's `seal.flagged` record:

- each kind once, at its gravest: the points of the table above, where acts weigh more than circumstances;
- +{REPEATED_POINTS} when the seal was opened more than once;
- +{PROBING_POINTS} for probing: the seal tampered with or opened, then a stop, then off the route;
- it ends at {MOST_POINTS}: the last reason takes off what is too much.
"""


def _code(kind: Kind) -> str:
    return f"`{kind}`"
