"""Decides published rows once more with the challenger, for comparison alone."""
