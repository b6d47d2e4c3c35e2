"""How long a partition takes to come back after a crash, and how large its checkpoint is."""
