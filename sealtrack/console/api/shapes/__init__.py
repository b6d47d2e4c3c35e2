"""What the API answers with, for its description: nothing is checked against it while the console runs.

Tests hold every answer against these shapes, and random requests against the statuses that are documented.
"""
