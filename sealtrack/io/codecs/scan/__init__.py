"""JSON values to packed rows, compiled: many values at once, the plain ones only.

What is odd in whatever way is left to `codecs.records`, which reads a value at a time; both give the same.
"""

from sealtrack.io.codecs.scan.reader import NATIVE, TRACCAR, Scanned, compile_now, is_ready, scan

__all__ = ["NATIVE", "TRACCAR", "Scanned", "compile_now", "is_ready", "scan"]
