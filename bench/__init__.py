"""Figures: each is measured in one run beside a calibration on the same machine, as the median of five."""
