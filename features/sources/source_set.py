"""Loads the source set that the settings name."""

from __future__ import annotations

from features.platform.settings import Settings
from features.sources import descriptions
from features.sources.descriptions import Sources


def source_set(settings: Settings) -> Sources:
    """Load the description of the sources that feed this warehouse.

    Raises:
        ConfigurationError: there is no such description, or it is wrong.
    """
    return descriptions.load(settings.sources, folder=settings.sources_dir)
