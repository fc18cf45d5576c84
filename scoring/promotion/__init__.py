"""Decide by statistics and by persons which model version decides."""
