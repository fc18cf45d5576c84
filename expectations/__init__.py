"""The gates: suites in Python, one module per boundary, and the runner."""
