"""What comes back from Matrix: reactions, words, and people who leave."""
