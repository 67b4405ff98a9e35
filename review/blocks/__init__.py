"""The parts of the week, each counted from the plain facts."""
