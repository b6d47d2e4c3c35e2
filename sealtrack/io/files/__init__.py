"""Reports, shipments and alerts in files."""

from sealtrack.io.files.reports import read_reports

__all__ = ["read_reports"]
