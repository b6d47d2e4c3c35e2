"""The console with more than a country has: a queue of 100,000 incidents, a live map of 10,000 seals."""
