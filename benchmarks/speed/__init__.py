"""How fast sealtrack is, beside its peers: one row for each promise, see `benchmarks/README.md`."""
