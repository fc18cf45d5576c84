"""The commands of the group `vesper models`, one module per command."""
