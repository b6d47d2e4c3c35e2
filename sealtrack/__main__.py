"""`python -m sealtrack`."""

from sealtrack.cli.main import main

main()
