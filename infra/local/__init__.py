"""The embedded stack of one machine: start, status, stop."""
