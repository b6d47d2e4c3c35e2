"""Measurements of sealtrack. Not installed; run from a checkout: `python -m benchmarks.detection`."""
