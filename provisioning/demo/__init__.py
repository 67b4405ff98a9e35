"""A believable organisation to look at: people, rosters, two years of incidents, and what was learned from them.

Everything follows from a seed and an instant: the same two give the same organisation. History is written in bulk and calls
nobody; the few incidents that are open now go through the real writers.
"""
