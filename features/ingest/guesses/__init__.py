"""Guess the spelling of a column from some of its texts."""
