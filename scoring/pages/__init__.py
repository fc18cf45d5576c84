"""Draw the page of a run: its facts, its gates, the next step, and its rows in pictures."""
