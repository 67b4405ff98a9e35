"""How things are shown: times, durations, words for classes and states, text that people wrote."""
