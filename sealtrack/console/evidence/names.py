"""Names of the files in a pack."""

FORMAT = 2
MANIFEST = "manifest.json"
ALERTS, REPORTS, SHIPMENTS, SIGHTINGS = "alerts.ndjson", "reports.ndjson", "shipments.ndjson", "sightings.ndjson"
AUDIT, HISTORY = "audit.ndjson", "history.ndjson"


def folder_of(version: str) -> str:
    """Where a pack keeps the geofences of a version."""
    return f"geofences/{version[:12]}/"
