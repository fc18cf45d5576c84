"""Decisions: the versioned policy, its rules, and how everything is merged into one outcome."""
