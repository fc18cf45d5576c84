"""The stack of one machine, without containers: start, demonstrate, status, stop."""
