"""Loads source descriptions: the files that arrive, and the meaning of their columns.

One YAML file describes one named set of feeds. It is the only file to write for one's own data; the
models below and in `features.sources.mapping` are its documentation and its check. A description
that leaves the platform to guess is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from features.feeds import FEEDS
from features.platform import strict_yaml
from features.platform.currencies import EXPONENTS
from features.platform.errors import ConfigurationError
from features.platform.yaml_document import Moment
from features.sources.files import SHIPPED, check_name, find
from features.sources.mapping import NULL_TOKENS, Csv, FeedName, SourceFeed
from features.sources.parts import Described
from features.sources.removed_keys import refuse_removed
from features.sources.zones import named_zone

FOLDER = SHIPPED


class Sources(Described):
    """One named set of feeds, which fills one warehouse.

    Args:
        name: the file's stem, which every delivery carries.
        time_zone: zone of timestamps without a zone; None refuses such timestamps.
        decide_from: earlier rows are history: they feed features and labels, and are never scored.
        maturity_days: a row without a positive label by then counts as negative.
        provenance_rank: the allowed origins of labels, best first.
        max_rate_age_days: an older exchange rate gives no amount in the base currency.
        csv: the source's form of CSV, unless a feed states its own.
        null_tokens: texts that mean "no value", unless a feed states its own.
        feeds: by name, in the order of admission.
    """

    name: str
    description: str
    time_zone: str | None = None
    decide_from: Moment | None = None
    maturity_days: int = Field(ge=0, le=3660)
    provenance_rank: tuple[str, ...] = ()
    max_rate_age_days: int = Field(default=7, ge=0, le=3650)
    csv: Csv = Csv()
    null_tokens: tuple[str, ...] = NULL_TOKENS
    feeds: Mapping[FeedName, SourceFeed]

    @field_validator("name")
    @classmethod
    def _name_is_a_folder(cls, value: str) -> str:
        try:
            return check_name(value)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None:
            named_zone(value)
        return value

    @field_validator("decide_from")
    @classmethod
    def _decide_from_is_utc(cls, value: datetime | None) -> datetime | None:
        return value.astimezone(UTC) if value else None

    @model_validator(mode="after")
    def _provenances_are_ranked(self) -> Sources:
        for feed in self.feeds.values():
            inline = feed.inline_label.provenance if feed.inline_label else None
            delayed = feed.latency if isinstance(feed.latency, Mapping) else ()
            for provenance in (inline, feed.constant_provenance, *delayed):
                if provenance is not None and provenance not in self.provenance_rank:
                    raise ValueError(f"provenance_rank: lacks {provenance!r} of {feed.name}")
        return self

    def dbt_variables(self, base_currency: str) -> dict[str, str | int]:
        """Return the dbt variables of these sources; they never hold a window of data.

        Raises:
            ConfigurationError: the base currency is not in ISO 4217.
        """
        if base_currency not in EXPONENTS:
            raise ConfigurationError(
                f"the base currency {base_currency!r} is not in ISO 4217: correct "
                "SCORING_WAREHOUSE__BASE_CURRENCY"
            )
        ranks = {"label_provenance_ranks": ",".join(self.provenance_rank)}
        return {
            **(ranks if self.provenance_rank else {}),
            "base_currency_exponent": EXPONENTS[base_currency],
            "source_time_zone": self.time_zone or "UTC",
            "label_maturity_days": self.maturity_days,
        }


def load(
    name: str, overrides: Mapping[str, Any] | None = None, *, folder: Path | None = None
) -> Sources:
    """Return the source set described in `features/sources/<name>.yaml` or in the user's folder.

    Args:
        name: of the set, or the path of a YAML file elsewhere.
        overrides: top-level keys that a run sets, such as `decide_from`; None is ignored.
        folder: the user's own descriptions: `settings.sources_dir`.

    Raises:
        ConfigurationError: there is no such file, or its content is wrong; names file and key.
    """
    path = find(name, folder)
    try:
        document = strict_yaml.read(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if document.content.get("name", path.stem) != path.stem:
        raise ConfigurationError(
            f"{path.name}: name: a source has the name of its file, {path.stem}; leave the key out"
        )
    refuse_removed(document)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    stated = {"name": path.stem, **document.content, **given}
    return document.validate(Sources, _with_feeds_in_order(stated))


def _with_feeds_in_order(described: dict[str, Any]) -> dict[str, Any]:
    """Return a description whose feeds inherit the keys of the set, in the order of admission."""
    feeds = described.get("feeds")
    if not isinstance(feeds, dict):
        return described
    name = described["name"]
    places = {feed: place for place, feed in enumerate(FEEDS)}
    order = sorted(feeds, key=lambda feed: places.get(feed, len(places)))
    whole = {"source": name, "time_zone": described.get("time_zone")}
    whole |= {key: described[key] for key in ("csv", "null_tokens") if key in described}
    return {
        **described,
        "feeds": {
            feed: {"name": feed, "folder": f"landing/{name}/{feed}", **whole, **(feeds[feed] or {})}
            if isinstance(feeds[feed], dict | None)
            else feeds[feed]
            for feed in order
        },
    }
