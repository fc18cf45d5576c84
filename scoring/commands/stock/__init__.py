"""The commands of the group `vesper stock`, one module per command."""
