"""Assign each customer of a merchant to a segment every night, from recency and spend."""
