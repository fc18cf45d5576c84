"""Quality and fairness of the credit model on public data."""
