"""Measured quality of the estimates on the stores of the generator."""
