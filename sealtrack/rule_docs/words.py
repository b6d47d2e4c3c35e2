"""What each alert kind means for an analyst, said once. `{threshold}` stands for the default of that policy number."""

from __future__ import annotations

from typing import NamedTuple

from sealtrack.schema import Kind


class Words(NamedTuple):
    """One kind. Sentences; docs/judgement.md is the law where they are less precise."""

    meaning: str
    trigger: str
    ends: str
    severity: str
    innocent: tuple[str, ...]
    """Typical causes that are no offence."""
    first: str
    """What to do first."""


WORDS: dict[Kind, Words] = {
    Kind.route_deviation: Words(
        "The truck left the road it was cleared for. Goods are unloaded, swapped or added off the approved route.",
        "Fixes outside every approved corridor by more than their own uncertainty, and in no approved zone. Two fixes "
        "that cut a bend of the corridor faster than {max_speed_kmh} would allow along it are a shortcut: one closed alert.",
        "Fixes back inside {deviation_exit_ratio} of the corridor's half width, or in an approved zone.",
        "warning; critical further than {deviation_critical_m} outside the corridor.",
        (
            "road closed or flooded, a signed detour",
            "a new road that the corridor does not know",
            "fuel or repair just off the road",
        ),
        "See on the map where it left (`left_route_km`) and whether it stood or was opened there. If others take the same "
        "way today, the road is closed: have the alternative approved (`A|B`).",
    ),
    Kind.unauthorised_stop: Words(
        "The truck stands where nothing permits it. Opening a container takes time; this is when it happens.",
        "Fixes within {stop_radius_m} of their mean for {stop_warning_s} or longer, outside zones that permit `stop`. "
        "Drift and single wild fixes do not end it. It opens while the truck still stands, from the clock if no report comes. "
        "Also {accumulate_stops} or more short stops ({short_stop_s} or longer, {stop_warning_s} in sum) that begin within {accumulate_s} and {accumulate_m}: `accumulated`; a queue that creeps is one stop. "
        "Two such stops within {accumulate_s} after the seal was opened or tampered with: `probing`.",
        "Two fixes or more outside that circle, {stop_leave_s} apart. Start and end are dated back to when it came and "
        "left, at {cruise_kmh} between sparse fixes.",
        "warning; critical from {stop_critical_s}, or when `probing`.",
        (
            "breakdown, puncture, accident",
            "a queue before the gate that stands still",
            "a driver's rest where no zone is drawn",
            "road blocked",
        ),
        "Ring the driver and ask for a photo of the seal with the place. Look for `seal_open`, `seal_tamper` or vibration in the same interval. "
        "Many trucks standing at one place: draw a zone.",
    ),
    Kind.seal_open: Words(
        "The shackle is open where, or by whom, it may not be. The strongest sign there is.",
        "Lock state `unlocked`, or an `unlock` or `remote_unlock` event, outside the zones of origin and destination that permit `open` "
        "(where the shipment names neither: any that permits it), or with a card that is not in the shipment's `open_cards`. Without a fix "
        "the last known place decides; where that one permits opening, the next fix does, at the latest after {fixless_wait_s}. "
        "So does the next fix where a seal that is open with permission seems to be outside for once.",
        "Locked again, or opened where it may be.",
        "critical; warning when the place is right and only the card is wrong.",
        (
            "order to open for an inspection on the way, not entered",
            "card of a relieved officer not in `open_cards`",
            "destination changed, shipment not amended",
        ),
        "Ask the unit in charge whether it ordered the opening, and who holds the card. No order: stop the truck, examine in full.",
    ),
    Kind.seal_tamper: Words(
        "Somebody works on the seal itself: cuts the rope, opens its back, tries cards or passwords.",
        "One of the events `rope_cut` `back_cover_open` `illegal_card` `wrong_password` `motor_fault` `tampering` `removing`, or lock state `cut`.",
        "Nothing of the kind for {quiet_s}, or for {silence_intervals} reporting intervals where they are longer. While the rope stays cut it stays open.",
        "critical for `rope_cut`, `back_cover_open`, `tampering`, `removing` and lock state `cut`; warning for the others.",
        (
            "stolen for its battery",
            "a worn motor or a rope badly fitted: `motor_fault` at once after departure",
            "an officer with the wrong card at the yard",
        ),
        "Have the seal looked at by the nearest patrol before the truck moves on. A tamper, short stops, then a deviation is one plan: treat as one.",
    ),
    Kind.signal_loss: Words(
        "Nothing was heard from the seal for too long. What happened meanwhile is unknown until stored reports fill the hole.",
        "No report received for longer than {silence_intervals} of the seal's own reporting intervals, at least {silence_s}. "
        "The clock opens it, no report is needed. None while the seal rests at its destination.",
        "The next report that is received.",
        "By the time the truck had to spare in the hole of the device's own time, beyond what its way takes at {road_kmh}: critical from {silence_critical_s}, info below {short_stop_s} or, "
        "with `backfilled`, once stored reports fill the hole, else warning. One step lower in a known dead zone, or where other seals fell silent and none was heard.",
        (
            "no coverage: valley, tunnel, border strip",
            "the operator's network is down: many seals at once",
            "battery empty: `low_battery` before it",
        ),
        "Did other seals report there at that time? Ring the driver, send a patrol to the last fix and along the route; always quote the age of the last fix.",
    ),
    Kind.position_anomaly: Words(
        "Positions that no truck could drive: a fault, a corrupted coordinate, or a receiver that is lied to.",
        "A fix that would need more than {max_speed_kmh}, {wild_gross_m} or further out of reach; a coordinate with a dropped zero, which is mended; or a "
        "jump: {jump_fixes} consistent fixes over {jump_s} at a place the truck cannot have reached. A position that stays the same to the last digit for {frozen_s} at {frozen_kmh} or more (`frozen`); "
        "{smooth_fixes} fixes in a row without any noise (`smooth`); a device clock that was wrong (`clock`).",
        "No wild fix for {quiet_s}, or for {silence_intervals} reporting intervals where they are longer.",
        "info; warning after a jump, when frozen, or at three gross fixes that could not be mended.",
        (
            "multipath between high walls",
            "firmware that drops zeros: mended, info only",
            "a cold start after a tunnel",
            "a device that repeats its last place under a roof",
        ),
        "Compare with the vehicle's own tracker and the plate cameras. A jump, then a perfect track, is how spoofing and relaying look.",
    ),
    Kind.forbidden_zone: Words(
        "The truck was where no sealed truck may be: a closed depot, a border path, an unloading place that is known.",
        "Fixes inside a zone that `forbids` `enter` and is in force, deeper than their own uncertainty; or two fixes a minute or more apart "
        "between which the way, along the corridor where both lie on it, leads through it: one closed alert. So is one fix inside "
        "where those before and after it lie a minute or more away, as far as a truck drives in that time.",
        "Fixes outside the zone, not even within their uncertainty of it.",
        "critical; warning for a crossing between two fixes, or a visit that one fix shows.",
        (
            "the zone's `schedule` or `valid_to` is out of date",
            "a zone drawn over the public road",
            "turned away by the police",
        ),
        "Look up why the zone is forbidden and what stands at the place of entry; then as for `unauthorised_stop`.",
    ),
    Kind.route_reversal: Words(
        "The truck turned and drives back. Goods return home instead of leaving, or it goes back to somebody it passed.",
        "Along the approved corridor, {reversal_m} or more back from the furthest point it had reached, against the direction from origin to destination. "
        "One such fix suffices where another one, before or after it and a minute or more away, is more than half of that back.",
        "Half of that way is made good again.",
        "warning.",
        (
            "gate closed, sent back to a yard",
            "missed a junction on a divided road",
            "origin and destination swapped in the declaration",
        ),
        "Ask the carrier why; warn the unit of departure and the places it passed. Check that the shipment names the right zones.",
    ),
    Kind.speeding: Words(
        "Faster than permitted. Seldom smuggling by itself; a truck without its load, or one that makes up time after a stop.",
        "Reported speed above the limit of the zone that holds the fix, at most {max_road_kmh}. Where none is reported (or 0), the mean speed between fixes "
        "25 s or more apart, less what their errors explain, above every limit on the way between them. Reports of lock events do not count: their speed is unreliable.",
        "At 0.95 of the limit or slower.",
        "warning.",
        ("a device that sends knots as km/h or the reverse", "limit of the zone out of date"),
        "Nothing at once. See what came before: an unexplained stop turns it into a sign.",
    ),
    Kind.jamming: Words(
        "The seal talks but knows no place: satellites are blocked, by a jammer or by rock.",
        "Reports without a fix for {jamming_s}, last seen outside dead zones and zones that permit `stop` or `open`; or the device says `jamming`, which needs no hold.",
        "Reports with a fix, wild or not.",
        "critical when the device says so; warning else.",
        ("long tunnel or gorge: draw a `dead_zone`", "parked under a steel roof", "broken antenna: from departure on"),
        "Did others have a fix there? Look at lock state and events meanwhile: they are judged all the same. Send a patrol to where it must come out.",
    ),
    Kind.low_battery: Words(
        "The seal will fall silent. A maintenance matter with an owner, until it explains a silence.",
        "Charge below {battery_low_pct}, or the device says `low_battery`, in consecutive reports; the device's word needs no hold.",
        "Charge five points above that, or charging.",
        "info; warning below {battery_critical_pct}.",
        ("not charged before it was fitted", "old battery, cold night", "a trip longer than planned"),
        "Tell the unit of destination and the maintenance owner; have the seal exchanged at the next checkpoint under two officers.",
    ),
    Kind.overdue: Words(
        "The deadline has passed and the shipment is not there.",
        "The clock is past `arrive_by` and no fix lay at the destination; or, before that, the rest of the way takes longer than until {overdue_margin_s} after it, even at {road_kmh} (`predicted_arrival`).",
        "The first fix at the destination; a prediction is retracted when the truck can make it after all.",
        "warning; critical once it lasted {overdue_critical_s}.",
        (
            "queue at the gate, breakdown",
            "deadline set without the border's opening hours",
            "arrived, seal removed, `closed_at` never sent",
        ),
        "Ring the unit of destination: is it there? If not, from the last fix on as for `signal_loss`.",
    ),
    Kind.silent_shipment: Words(
        "A shipment was declared under a seal that was never heard: nobody watches it.",
        "No report received {unheard_s} after `depart_at`, though others were heard by then.",
        "The first report that is received.",
        "warning.",
        (
            "seal not switched on, or another one was fitted",
            "wrong `seal_id` in the declaration",
            "departure postponed",
            "a device clock that is slow: its first reports are dated before `depart_at`",
        ),
        "Ring the office of departure before the truck is far; compare the number on the seal with the declaration.",
    ),
    Kind.skipped_checkpoint: Words(
        "The truck went past a place where it had to show itself. Whoever goes round a checkpoint has a reason.",
        "The truck left the corridor, or drove beside a zone of role `checkpoint`, before it, and is back on the way behind it, without a fix or a sighting inside.",
        "Told once it is back on the way: closed at once.",
        "warning.",
        (
            "checkpoint closed or moved: give it a `schedule` or a `valid_to`",
            "the police sent everybody round it",
            "a zone drawn too small",
        ),
        "Ask the checkpoint whether it saw the truck. See in which stretch the way leaves the corridor, and who else drove it.",
    ),
    Kind.separation: Words(
        "Seal and truck are not at the same place any more: the seal was moved to another vehicle, or the tractor swapped.",
        "A sighting reads another plate or another seal number; or its place is more than {separation_m} out of reach of the seal's fixes before or after it. "
        "A vehicle's tracker must say so twice. A sighting's place is uncertain by {sighting_error_m}, or by the size of its zone.",
        "Two sightings near the seal.",
        "warning; critical when plate or seal differ, or from the third sighting on.",
        (
            "plate misread",
            "tractor changed at the yard, shipment not amended",
            "tracker or camera with a wrong clock or place",
        ),
        "Look at the picture. Have seal and plate compared on the spot by the next patrol, before anything moves on.",
    ),
    Kind.rendezvous: Words(
        "Two sealed trucks stand together where no stop is permitted: goods or seals can change hands.",
        "Stops of {short_stop_s} or longer of two shipments within {rendezvous_m}, sharing {rendezvous_s} or more, outside zones that permit `stop`.",
        "One of them leaves.",
        "warning; critical from {stop_warning_s} together; info with {rendezvous_crowd} others or more, which is a jam.",
        (
            "a convoy of one carrier with a breakdown",
            "a roadside eatery or fuel station that is no zone yet",
            "a jam",
        ),
        "Compare carrier, driver and cargo of both. Look for `seal_open`, `seal_tamper` and vibration of either in the interval.",
    ),
}

EVIDENCE: dict[str, str] = {
    "geofences": "version of the geofences that the shipment was judged by, 12 digits of a hash of their content",
    "duration_s": "end minus start",
    "reports": "reports, or sightings, that showed it",
    "card": "card that was used",
    "partition": "number of the partition or file of the first report",
    "first_offset": "record or row of the first report that showed it",
    "last_offset": "record or row of the last one",
    "max_offset_m": "furthest distance from the nearest approved corridor's line",
    "last_inside_at": "last fix before it left",
    "left_route_km": "kilometre of the route where it left",
    "last_route_km": "kilometre of the route nearest to its last fix outside",
    "shortcut": "seen only as a cut corner between two fixes",
    "route_gap_km": "way along the route that was left out",
    "stood_s": "how long it stood, seen by the last fix there; of several stops the sum",
    "accumulated": "several short stops together; interval from the first to the last",
    "probing": "after the seal was opened or tampered with",
    "stops": "how many short stops; a queue that creeps counts once",
    "partners": "shipments that stood with it; of a crowd those that came first",
    "together_s": "longest with one of them, as far as it is known",
    "others_heard": "other shipments heard live in the same 0.1° meanwhile, in its first hour, without those lost; five at most",
    "others_lost": "other shipments that fell silent in the same 0.1° within 15 min; five at most",
    "route_km": "kilometre of the route",
    "events": "what the device said",
    "never_locked": "no report of the shipment before it said that the seal was locked: not armed at departure?",
    "opening_no": "how many times the seal has been opened so on this trip, this one included",
    "moved_m": "furthest from its place that the truck was seen with the seal open",
    "relocked": "a locked report ended it; else a permitted zone did, or the shipment's end",
    "late": "report older than the horizon on arrival: placed by its own fix alone",
    "last_fix_at": "last fix before; what is placed by it is that old",
    "next_fix_at": "first fix after it",
    "limit_s": "silence that was allowed",
    "backfilled": "stored reports filled the hole",
    "spare_s": "closed and not backfilled: time in the hole beyond what the way between its fixes takes, in whole five minutes",
    "could_detour_km": "so far off the road and back the truck could have been in that time, one way",
    "dead_zone": "the way, or the place where it fell silent, lies in a zone without coverage",
    "predicted_arrival": "the earliest that the fix let it arrive",
    "unfilled_s": "longest stretch of device time that no report fills, in whole five minutes; 0 when backfilled",
    "causes": "what was wrong: jump, gross (wild fix), mended (dropped zero), clock, frozen, smooth",
    "max_jump_m": "furthest distance out of reach",
    "last_true_fix_at": "last fix that was believed",
    "zone": "id of the zone; of several the first",
    "checkpoints": "how many were left out",
    "rejoined_route_km": "kilometre of the route where it was back on the way",
    "crossed_between_fixes": "no fix inside: the way between two fixes was",
    "max_back_m": "furthest way back",
    "max_speed_kmh": "highest reported speed, or the highest that the fixes prove",
    "measured": "the speed, or some of it, was measured between fixes: the device reported none",
    "limit_kmh": "limit that held there",
    "said_by_device": "the device itself reported it",
    "battery_pct": "charge",
    "max_apart_m": "furthest that a sighting lies out of the seal's reach; 0 when only plate or seal differ",
    "read": "what was read and is not the shipment's: `plate`, `seal`",
    "sighting_id": "first sighting that showed it",
}
"""Every name that an alert's evidence can hold."""
