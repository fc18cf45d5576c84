"""Loads one file into an empty warehouse as history, and builds its features for measurements.

The file passes through the usual pipeline: it is parsed and admitted, and dbt builds its features.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def load(
    path: Path,
    source: str,
    view: FeatureView,
    settings: Settings,
    *,
    feed: str | None = None,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Load a file into the warehouse as history of a source, and build its features.

    Args:
        path: the file.
        source: the source that describes the file.
        view: the features to build.
        settings: an empty warehouse and a folder to work in.
        feed: the feed of the file; None: the feed with the name of the view.
        beside: further files that the source describes, by their feeds.

    Raises:
        ConfigurationError: the warehouse already holds rows.
        BadDeliveryError: the file does not fit its description; the message names the fault.
    """
    description = descriptions.load(source)
    variables = description.dbt_variables(settings.warehouse.base_currency)
    store = open_store((settings.work / "objects").resolve().as_uri())
    for name, file in {**(beside or {}), feed or view.name: path}.items():
        for declared in description.of_feed(name):
            store.put(f"{declared.history_folder}/{file.name}", file)
    with database.connect(settings.warehouse, "ingest") as connection:
        if database.fetch_optional(
            connection, "look for a delivery", "select 1 from raw.deliveries limit 1"
        ):
            raise ConfigurationError(
                "quality needs an empty warehouse for each data set, but this one is not empty: "
                "`make quality DATA=<path>` makes one for each"
            )
        received, admitted = ingest_all(
            description, store, connection, base_currency=settings.warehouse.base_currency
        )
    held = [f"{receipt.feed}: {receipt.reason}" for receipt in received if receipt.state == "held"]
    if held or not admitted:
        raise BadDeliveryError(f"{path} is held: {'; '.join(held) or 'it has no rows'}")
    log.info("history_loaded", source=source, deliveries=len(admitted))
    build.install(settings.warehouse, settings.work, variables)
    build.build(view.selector, settings.warehouse, settings.work, variables)
