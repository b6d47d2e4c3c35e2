"""The analysts' console: a store of its own, a JSON API, pages. It needs the extra `sealtrack[console]`."""
