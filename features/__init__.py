"""The data side in Python: sources, ingest, feature views, readers, learnt transformers."""
