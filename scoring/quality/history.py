"""Takes one file into an empty warehouse as history and builds its features: what is measured on.

The file goes the way that every delivery goes: parsed, admitted, features built by dbt.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from features import build
from features.ingest.run import ingest_all
from features.platform import database
from features.platform.errors import BadDeliveryError, ConfigurationError
from features.platform.objects import open_store
from features.platform.settings import Settings
from features.sources import descriptions
from features.views import FeatureView

log = structlog.get_logger(__name__)


def load(path: Path, source: str, view: FeatureView, settings: Settings) -> None:
    """Take a file into the warehouse as history of a source, and build its features.

    Args:
        path: the file.
        source: whose description reads it.
        view: the features to build; the file is one of the feed of the same name.
        settings: an empty warehouse and a folder to work in.

    Raises:
        ConfigurationError: the warehouse holds rows of something else.
        BadDeliveryError: the file is not what it seems; says why.
    """
    described = descriptions.load(source)
    variables: dict[str, str | int] = {
        "base_currency": settings.warehouse.base_currency,
        "source_time_zone": described.time_zone or "UTC",
        "label_maturity_days": described.maturity_days,
    }
    store = open_store((settings.work / "objects").resolve().as_uri())
    folders = {str(name): feed.history_folder for name, feed in described.feeds.items()}
    store.put(f"{folders[view.name]}/{path.name}", path)
    with database.connect(settings.warehouse, "ingest") as connection:
        if database.fetch_optional(
            connection, "look for a delivery", "select 1 from raw.deliveries limit 1"
        ):
            raise ConfigurationError(
                "quality needs an empty warehouse for each data set and this one is not empty: "
                "`make quality DATA=<path>` makes one for each"
            )
        received, admitted = ingest_all(
            described, store, connection, base_currency=settings.warehouse.base_currency
        )
    held = [f"{receipt.feed}: {receipt.reason}" for receipt in received if receipt.state == "held"]
    if held or not admitted:
        raise BadDeliveryError(f"{path} is held: {'; '.join(held) or 'it has no rows'}")
    log.info("history_loaded", source=source, deliveries=len(admitted))
    build.install(settings.warehouse, settings.work, variables)
    build.build(view.selector, settings.warehouse, settings.work, variables)
