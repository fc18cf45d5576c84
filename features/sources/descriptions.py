"""Loads source descriptions: the files that arrive, and the meaning of their columns.

One YAML file describes one named set of feeds. It is the only file to write for one's own data; the
models below and in `features.sources.mapping` are its documentation and its check. A description
that leaves the platform to guess is refused. Several sources feed one warehouse as one set, see
`features.sources.inclusion`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from features.platform.currencies import EXPONENTS
from features.platform.errors import ConfigurationError
from features.platform.yaml_document import Document, Moment
from features.sources.content import share_content
from features.sources.described import Described
from features.sources.encodings import UTF_8, Encoding
from features.sources.file_forms import Csv, Excel, FileFormat, HeaderMatch, Json
from features.sources.files import SHIPPED, check_name, find
from features.sources.inclusion import complete, identity
from features.sources.mapping import NULL_TOKENS, SourceFeed
from features.sources.zones import named_zone

FOLDER = SHIPPED


class Sources(Described):
    """One named set of feeds, which fills one warehouse.

    Args:
        name: the file's stem, which every delivery carries.
        description: one sentence on the data.
        time_zone: zone of timestamps without a zone; None refuses such timestamps.
        include: names of other sources whose feeds fill the same warehouse; the keys of this set
            apply to all of them, and `time_zone` where an included source states none.
        decide_from: earlier rows are history: they feed features and labels, and are never scored.
        maturity_days: a row without a positive label by then counts as negative.
        provenance_rank: the allowed origins of labels, best first.
        max_rate_age_days: an older exchange rate gives no amount in the base currency.
        customer_ids_are_shared: a customer id of `sales` and the same id of `transactions` are one
            person; otherwise no feature joins the two.
        formats: the accepted formats of files, unless a feed states its own.
        encoding: of text files, unless a feed states its own.
        csv: the source's form of CSV, unless a feed states its own.
        json_form: the source's form of JSON, unless a feed states its own.
        excel: the source's form of Excel workbooks, unless a feed states its own.
        match_header: how names of columns are compared, unless a feed states its own.
        null_tokens: texts that mean "no value", unless a feed states its own.
        feeds: by name, in the order of admission; the name is that of a feed, or a name of your own
            with the key `feed`, so that one source can have several feeds of one kind.
    """

    name: str
    description: str
    time_zone: str | None = None
    include: tuple[str, ...] = ()
    decide_from: Moment | None = None
    maturity_days: int = Field(ge=0, le=3660)
    provenance_rank: tuple[str, ...] = ()
    max_rate_age_days: int = Field(default=7, ge=0, le=3650)
    customer_ids_are_shared: bool = False
    formats: tuple[FileFormat, ...] = Field(default=tuple(FileFormat), min_length=1)
    encoding: Encoding = UTF_8
    csv: Csv = Csv()
    json_form: Json = Field(default=Json(), alias="json")  # BaseModel has a method `json`
    excel: Excel = Excel()
    match_header: HeaderMatch = "exact"
    null_tokens: tuple[str, ...] = NULL_TOKENS
    feeds: Mapping[str, SourceFeed] = {}

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
            stated = {feed.constant_provenance or ""} - {""} or set(self.provenance_rank)
            if delayed and (missing := sorted(stated - set(delayed))):
                raise ValueError(f"latency: {feed.name} lacks a delay for {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _feeds_are_apart(self) -> Sources:
        """Refuse two feeds of one kind that one file would enter twice, or under one name."""
        places: list[tuple[str, SourceFeed]] = []
        for entry, feed in self.feeds.items():
            if feed.source != identity(self.name, entry, feed.name):
                raise ValueError(f"feeds.{entry}.source: it follows from the names; leave it out")
            for other, before in places:
                if before.name == feed.name and _overlap(before, feed):
                    raise ValueError(
                        f"feeds.{entry}.folder: {feed.folder} overlaps the folder of {other}, so "
                        f"its files would be read twice as {feed.name}; give each a folder of its "
                        "own, or patterns of its names as files"
                    )
            places.append((entry, feed))
        return self

    @model_validator(mode="after")
    def _shared_ids_have_two_sides(self) -> Sources:
        missing = [name for name in ("sales", "transactions") if not self.of_feed(name)]
        if self.customer_ids_are_shared and missing:
            raise ValueError(
                f"customer_ids_are_shared: no feed brings {' or '.join(missing)}: leave the key "
                "out, or describe the feed"
            )
        return self

    @model_validator(mode="after")
    def _feeds_of_one_file_find_one_id(self) -> Sources:
        share_content(self.feeds.values())
        return self

    def of_feed(self, name: str) -> tuple[SourceFeed, ...]:
        """Return the described feeds of one kind; a set may have several, or none."""
        return tuple(feed for feed in self.feeds.values() if feed.name == name)

    def described(self, source: str, name: str) -> SourceFeed | None:
        """Return the feed under which the register of deliveries keeps a source and a kind."""
        return next((feed for feed in self.of_feed(name) if feed.source == source), None)

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
            "customer_ids_are_shared": int(self.customer_ids_are_shared),
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
    document, stated = complete(find(name, folder), overrides or {}, _check_part, folder)
    return document.validate(Sources, stated)


def _check_part(document: Document, stated: Mapping[str, Any]) -> None:
    """Check an included source by itself, so that its faults name its own file."""
    document.validate(Sources, stated)


def _overlap(feed: SourceFeed, other: SourceFeed) -> bool:
    """Return whether two feeds may take the same file."""
    if feed.files and other.files and set(feed.files).isdisjoint(other.files):
        return False
    folders = (f"{feed.folder}/", f"{other.folder}/")
    return folders[0].startswith(folders[1]) or folders[1].startswith(folders[0])
