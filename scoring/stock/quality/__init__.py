"""Measure the outlook and the order proposals on a made world whose true demand is known."""
