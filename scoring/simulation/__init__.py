"""Decides published rows again under a candidate policy, and says what would change."""
