"""What comes back from Telegram: presses, codes, words, and the way to link a chat."""
