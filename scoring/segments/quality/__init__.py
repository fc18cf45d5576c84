"""Measure the segments on public data."""
