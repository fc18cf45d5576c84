"""Try a file before it is loaded: draft its description, and check it without a warehouse."""
