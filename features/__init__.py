"""The data side in Python: sources, ingest, feature views, readers, learnt transformers."""

from features.platform import code_version

# before any other module is read: see the module's first lines
code_version.at_load()
