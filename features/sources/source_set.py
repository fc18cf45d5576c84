"""Loads the source set that the settings name."""

from __future__ import annotations

from features.platform.settings import Settings
from features.sources import descriptions
from features.sources.descriptions import Sources


def source_set(settings: Settings) -> Sources:
    """Load the description of the sources that feed this warehouse.

    The settings may state the first moment to decide, for a description that states none.

    Raises:
        ConfigurationError: there is no such description, or it is wrong.
    """
    sources = descriptions.load(settings.sources, folder=settings.sources_dir)
    if sources.decide_from is not None or settings.decide_from is None:
        return sources
    stated = {"decide_from": settings.decide_from.isoformat()}
    return descriptions.load(settings.sources, stated, folder=settings.sources_dir)
