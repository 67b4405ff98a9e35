"""Pictures of every page in every size and light, and what is wrong with them: what a designer signs, and the documents show."""
