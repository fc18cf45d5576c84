"""Quality of the value model on public data."""
