"""Estimate how demand responds to prices and promotions: elasticity, uplift and its losses."""
