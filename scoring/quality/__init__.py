"""Measured quality: labelled history, bars and reports."""
