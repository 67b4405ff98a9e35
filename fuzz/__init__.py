"""Every parser of what strangers send, fed with bytes that nobody means."""
