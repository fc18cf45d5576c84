"""Fraud of card transactions: the model, its training, its scores and their reasons."""
