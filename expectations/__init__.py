"""Validate tables at the gates: suites in Python, modules per boundary, and the runner."""
