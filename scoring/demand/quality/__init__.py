"""Measures the forecasts of demand on public sales and on generated shops."""
