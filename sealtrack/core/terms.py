"""Which terms of a shipment hold when: it may be amended on its way (judgement section 1)."""

from __future__ import annotations

import math

from sealtrack.core.jit import helper
from sealtrack.core.state import MAX_ROUTES, Row, Rules, Store
from sealtrack.schema import NO_TIME


@helper
def terms_at(store: Store, slot: int, t_ms: int) -> Row:
    """The INFO_DTYPE row that holds at `t_ms`; before all of them the first one."""
    info = store.info[slot]
    while info["from_ms"] > t_ms and info["earlier"] >= 0:
        info = store.terms[info["earlier"]]
    return info


@helper
def policy_at(rules: Rules, store: Store, slot: int, t_ms: int) -> Row:
    """The thresholds that hold at `t_ms`."""
    return rules.policies[terms_at(store, slot, t_ms)["policy"]]


@helper
def shortest_silence_ms(rules: Rules, store: Store, slot: int) -> int:
    """A silence shorter than this is none under any of the shipment's terms."""
    info = store.info[slot]
    least_s = rules.policies[info["policy"]]["silence_s"]
    while info["earlier"] >= 0:
        info = store.terms[info["earlier"]]
        least_s = min(least_s, rules.policies[info["policy"]]["silence_s"])
    return int(1e3 * least_s)


@helper
def forget_places_of_other_terms(store: Store, slot: int, trip: Row, t_ms: int) -> None:
    """Forget the places along routes when other terms hold at `t_ms` than at the report walked last."""
    if store.info[slot]["earlier"] < 0 or trip["walked_ms"] == NO_TIME:
        return
    if terms_at(store, slot, trip["walked_ms"])["from_ms"] == terms_at(store, slot, t_ms)["from_ms"]:
        return
    trip["near_route"] = trip["progress_route"] = trip["way_route"] = -1
    trip["excess_m"] = math.nan
    for i in range(MAX_ROUTES):
        trip["hint"][i] = -1
        trip["distance_m"][i] = trip["route_m"][i] = math.nan
