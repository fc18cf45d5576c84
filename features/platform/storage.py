"""Opens the object store that the settings name."""

from __future__ import annotations

from features.platform.objects import ObjectStore, open_store
from features.platform.settings import Settings


def object_store(settings: Settings) -> ObjectStore:
    """Open the object store of the settings."""
    objects = settings.objects
    return open_store(
        objects.url,
        endpoint=objects.endpoint,
        access_key=objects.access_key.get_secret_value() if objects.access_key else None,
        secret_key=objects.secret_key.get_secret_value() if objects.secret_key else None,
        region=objects.region,
    )
