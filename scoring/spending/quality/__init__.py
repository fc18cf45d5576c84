"""Measured quality of the forecast of spending, on public and on made data."""
