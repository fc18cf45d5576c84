"""Holds the data side: sources, feeds, ingest, feature views, dbt builds and synthetic data."""

from features.platform import code_version

# before any other module is read: see the module's first lines
code_version.at_load()
