"""How well sealtrack detects: recall, precision, delay and false alerts, on simulated and on composed real trips."""
