"""Numbers of Traccar's positions that both ways of reading them know: `codecs.traccar` and `codecs.scan`."""

KMH_PER_KNOT = 1.852
BATTERY_CHARGING = 255
"""A battery level that means: on the charger."""
STALE_FIX_MS = 60_000
"""A fix that was this much older than the report is the last known one, repeated."""
