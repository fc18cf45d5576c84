"""The commands of the group `vesper deliveries`, one module per command."""
