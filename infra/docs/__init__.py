"""Generate the pages of the documentation that follow from code and YAML."""
