"""Learning, on time."""
