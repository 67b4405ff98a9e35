"""The reference set: the demo with years of history before it, for measuring. Written by SQL; nobody is called."""
