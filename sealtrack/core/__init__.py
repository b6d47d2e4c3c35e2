"""The rules: numpy and numba only.

Nothing in here reads a clock, opens a file, talks to a network or logs: time is an argument, results are arrays. The
law is `docs/judgement.md`; each module names its section.
"""
