"""Quality of the fraud model on public data."""
