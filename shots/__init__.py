"""Pictures of every page in every size and light: what a designer signs, and what the documentation shows."""
