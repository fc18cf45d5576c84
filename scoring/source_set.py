"""The source set that the settings name."""

from __future__ import annotations

from features import sources
from features.sources import Sources
from scoring.settings import Settings


def source_set(settings: Settings) -> Sources:
    """Load the description of the sources that feed this warehouse.

    Raises:
        ConfigurationError: there is no such description, or it is wrong.
    """
    return sources.load(settings.sources, folder=settings.sources_dir)
