"""Thresholds of every rule, with units in their names, and the named sets of them.

`sealtrack.policy_file` reads them from TOML.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, get_args, get_type_hints

import numpy as np

from sealtrack.schema import Shipment


@dataclass(frozen=True, slots=True)
class Limit:
    """What a threshold means, and the values that make sense."""

    doc: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Policy:
    """One named set of thresholds. All numbers are floats, so that a set is one row of `POLICY_DTYPE`."""

    fix_error_m: Annotated[float, Limit("uncertainty of a fix that states none, or states less", 1, 200)] = 15.0
    max_speed_kmh: Annotated[float, Limit("a fix that needs more than this is wild", 60, 400)] = 160.0
    reach_slack_m: Annotated[float, Limit("distance that noise alone may put between two fixes", 20, 2_000)] = 200.0
    wild_gross_m: Annotated[float, Limit("a wild fix this far out of reach raises position_anomaly", 100, 100_000)] = 2_000.0
    jump_fixes: Annotated[float, Limit("consistent fixes after which a new place is believed", 2, 20)] = 3.0
    jump_s: Annotated[float, Limit("and the time they must span", 0, 3_600)] = 60.0
    deviation_fixes: Annotated[float, Limit("fixes outside that raise route_deviation", 2, 20)] = 3.0
    deviation_s: Annotated[float, Limit("or time outside, seen by two fixes or more", 0, 3_600)] = 60.0
    deviation_exit_ratio: Annotated[float, Limit("share of the corridor's width inside which it ends", 0.1, 1)] = 0.8
    deviation_exit_fixes: Annotated[float, Limit("consecutive fixes inside that end it", 1, 20)] = 2.0
    deviation_critical_m: Annotated[float, Limit("distance beyond the corridor that makes it critical", 100, 100_000)] = 5_000.0
    stop_radius_m: Annotated[float, Limit("a stationary truck's fixes stay within this of their mean", 30, 1_000)] = 150.0
    stop_leave_s: Annotated[float, Limit("time away, seen by two fixes or more, that ends a stop", 0, 900)] = 60.0
    stop_warning_s: Annotated[float, Limit("a stop this long is unauthorised", 60, 86_400)] = 900.0
    stop_critical_s: Annotated[float, Limit("a stop this long is critical", 60, 604_800)] = 5_400.0
    cruise_kmh: Annotated[float, Limit("speed assumed between sparse fixes to date a stop's ends", 10, 120)] = 50.0
    quiet_s: Annotated[float, Limit("an episode of device events ends this long after the last one", 10, 86_400)] = 600.0
    fixless_wait_s: Annotated[float, Limit("how long an opening without a fix, last seen where it is permitted, waits for one", 0, 7_200)] = 600.0
    silence_s: Annotated[float, Limit("shortest silence that raises signal_loss", 30, 86_400)] = 600.0
    silence_intervals: Annotated[float, Limit("silence in reporting intervals that raises signal_loss", 1, 100)] = 2.5
    silence_critical_s: Annotated[float, Limit("silence that is critical unless filled", 60, 604_800)] = 3_600.0
    forbidden_fixes: Annotated[float, Limit("fixes inside that raise forbidden_zone", 1, 20)] = 2.0
    max_road_kmh: Annotated[float, Limit("reported speed above this is speeding, where no zone sets a lower limit", 20, 200)] = 110.0
    speeding_fixes: Annotated[float, Limit("reports above the limit that raise speeding", 1, 100)] = 3.0
    speeding_s: Annotated[float, Limit("or time above it, seen by two reports or more", 0, 3_600)] = 60.0
    reversal_m: Annotated[float, Limit("way back along the route that raises route_reversal", 200, 100_000)] = 5_000.0
    jamming_s: Annotated[float, Limit("reports without a fix for this long raise jamming", 30, 86_400)] = 600.0
    battery_low_pct: Annotated[float, Limit("charge below this is low_battery", 1, 50)] = 15.0
    battery_critical_pct: Annotated[float, Limit("charge below this is a warning", 0, 50)] = 5.0
    overdue_critical_s: Annotated[float, Limit("lateness that makes overdue critical", 60, 2_592_000)] = 21_600.0
    unheard_s: Annotated[float, Limit("a shipment not heard this long after departure is a silent_shipment", 60, 86_400)] = 1_800.0
    overdue_margin_s: Annotated[float, Limit("predicted lateness below this is none", 0, 86_400)] = 900.0
    road_kmh: Annotated[float, Limit("fastest that a truck gets along on the approved roads", 20, 130)] = 80.0
    frozen_kmh: Annotated[float, Limit("reported speed at which a position must move", 5, 100)] = 20.0
    frozen_s: Annotated[float, Limit("a position that does not, this long, is frozen", 10, 3_600)] = 120.0
    smooth_fixes: Annotated[float, Limit("fixes in a row without any noise that no receiver gives", 5, 1_000)] = 30.0
    sighting_error_m: Annotated[float, Limit("uncertainty of a sighting's place", 10, 5_000)] = 100.0
    separation_m: Annotated[float, Limit("a sighting this far out of the seal's reach is a separation", 100, 100_000)] = 1_000.0
    short_stop_s: Annotated[float, Limit("a stop this long counts, together with others", 60, 86_400)] = 300.0
    accumulate_stops: Annotated[float, Limit("short stops that together are unauthorised", 2, 20)] = 3.0
    accumulate_s: Annotated[float, Limit("time within which they begin", 600, 86_400)] = 7_200.0
    accumulate_m: Annotated[float, Limit("distance within which they lie", 500, 500_000)] = 30_000.0
    rendezvous_m: Annotated[float, Limit("two trucks that stand this near to each other meet", 20, 1_000)] = 100.0
    rendezvous_s: Annotated[float, Limit("time they stand together that is a rendezvous", 60, 86_400)] = 300.0
    rendezvous_crowd: Annotated[float, Limit("so many others at one place are a jam, not a meeting", 2, 100)] = 4.0
    clock_ahead_s: Annotated[float, Limit("a device clock further ahead than this is wrong", 1, 86_400)] = 300.0
    horizon_s: Annotated[float, Limit("reports older than this on arrival are judged for seal events only", 60, 2_592_000)] = 21_600.0


POLICY_DTYPE = np.dtype([*((item.name, "f8") for item in fields(Policy)), ("catalogue", "i4")])
"""A policy as the kernels read it, with the number of the catalogue that is looked up beside it."""


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """For which shipments a set is meant: every condition that is given must hold; case and outer blanks do not count."""

    cargo: tuple[str, ...] = ()
    """Kinds of goods."""
    route: tuple[str, ...] = ()
    """Route ids, of which a shipment's `A|B` must name one."""
    unit: tuple[str, ...] = ()
    """Customs units in charge."""

    def matches(self, shipment: Shipment) -> bool:
        """Whether the shipment is one of them. A set without any condition is for those alone that name it."""
        conditions = (
            (self.cargo, [shipment.cargo]),
            (self.route, shipment.route_id.split("|")),
            (self.unit, [shipment.unit]),
        )
        given = [(allowed, said) for allowed, said in conditions if allowed]
        return bool(given) and all(
            {_plain(value) for value in allowed} & {_plain(value) for value in said if value} for allowed, said in given
        )


@dataclass(frozen=True, slots=True)
class Policies:
    """The default policy and the named sets: which of them judges a shipment is decided here."""

    default: Policy = field(default_factory=Policy)
    sets: Mapping[str, Policy] = field(default_factory=dict)
    """In the order of the file."""
    applies_to: Mapping[str, AppliesTo] = field(default_factory=dict)
    """By name of a set; a set that is not here is for shipments that name it."""

    def names(self) -> list[str]:
        """Row order of `rows()`: the default first, as ""."""
        return ["", *self.sets]

    def rows(self) -> np.ndarray[Any, np.dtype[np.void]]:
        """POLICY_DTYPE rows in the order of `names()`."""
        policies = [self.default, *self.sets.values()]
        return np.array([(*(getattr(p, f.name) for f in fields(Policy)), 0) for p in policies], POLICY_DTYPE)

    def choose(self, shipment: Shipment) -> str:
        """The name of the set that judges a shipment; "" is the default.

        The one that it names; else, or if there is none of that name, the first in file order that applies to it.
        """
        if shipment.policy and shipment.policy in self.sets:
            return shipment.policy
        fitting = (name for name in self.sets if name in self.applies_to and self.applies_to[name].matches(shipment))
        return next(fitting, "")

    def sha256(self) -> str:
        """Of all that can change a verdict: thresholds, names, conditions."""
        choice = [(name, self.applies_to.get(name)) for name in self.names()]
        return hashlib.sha256(self.rows().tobytes() + repr(choice).encode()).hexdigest()


def _plain(text: str) -> str:
    return text.strip().casefold()


def limits() -> dict[str, Limit]:
    """Threshold name to its `Limit`, for docs and checks."""
    hints = get_type_hints(Policy, include_extras=True)
    return {item.name: get_args(hints[item.name])[1] for item in fields(Policy)}
