"""Stand-ins that speak the providers' real protocols over loopback and refuse what they did not expect."""
