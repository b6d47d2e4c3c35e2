"""sealtrack: flags smuggling-like trips of sealed containers. Start at `sealtrack.replay` or `sealtrack.engine`."""

__version__ = "0.1.0"
