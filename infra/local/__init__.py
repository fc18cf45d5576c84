"""Start, demonstrate, inspect and stop the stack of one machine, without containers."""
