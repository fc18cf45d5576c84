"""Forecasts the demand of products per channel and day, with a mean and three quantiles."""
