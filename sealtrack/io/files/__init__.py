"""Reports, shipments, sightings and alerts in files."""

from sealtrack.io.files.alerts import alerts_format, read_alerts, write_alerts
from sealtrack.io.files.reports import read_reports
from sealtrack.io.files.shipments import read_shipments
from sealtrack.io.files.sightings import read_sightings

__all__ = ["alerts_format", "read_alerts", "read_reports", "read_shipments", "read_sightings", "write_alerts"]
