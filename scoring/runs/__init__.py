"""Runs, their population, shards, leases and tables."""
