"""The steps of a run, as tasks and commands call them."""
