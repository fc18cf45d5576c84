"""Source descriptions: the YAML files that map delivered files to feeds, and their reader."""
