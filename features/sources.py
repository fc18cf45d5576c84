"""Source descriptions: what files arrive, and what their columns mean.

One YAML file describes one named set of feeds. It is the only thing to write for one's own data;
the models below are its documentation and its check. What the platform would have to guess is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from features.currencies import EXPONENTS
from features.errors import ConfigurationError

FOLDER = Path(__file__).parent / "sources"
FeedName = Literal["transactions", "transaction_labels", "fx_rates"]

#: The columns of each feed: canonical name, and whether every row must have a value.
CANONICAL: Mapping[str, Mapping[str, bool]] = {
    "transactions": {
        "transaction_id": True,
        "customer_id": True,
        "merchant_id": True,
        "timestamp": True,
        "amount": True,
        "currency": True,
        "type": False,
        "card_bin": False,
        "ip_address": False,
        "device_id": False,
        "location": False,
        "channel": False,
        "transaction_category": False,
        "customer_segments": False,
        "merchant_risk_score": False,
        "card_risk_score": False,
        "customer_risk_score": False,
        "is_velocity_alert": False,
        "is_location_alert": False,
        "is_device_alert": False,
        "is_high_value": False,
    },
    "transaction_labels": {
        "transaction_id": True,
        "is_fraud": True,
        "known_at": False,
        "provenance": False,
    },
    "fx_rates": {"currency": True, "rate_date": True, "rate": True, "known_at": False},
}

#: Rates are admitted before the amounts that need them.
_ADMISSION = {"fx_rates": 0, "transactions": 1, "transaction_labels": 2}


class FileFormat(StrEnum):
    """What a file holds; text files may be gzipped."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _duration(value: object) -> object:
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    if isinstance(value, str) and value[-1:] in units and value[:-1].isdigit():
        return timedelta(**{units[value[-1]]: int(value[:-1])})
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(0))]


class InlineLabel(_Described):
    """A label that stands in the transactions' own file; ingest moves it to the label feed.

    Args:
        column: delivered name of the column.
        latency: how long after the transaction the label became known.
        provenance: who says so.
    """

    column: str
    latency: Duration
    provenance: str


class Csv(_Described):
    """How the source writes CSV."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    final_line_break: Literal["required", "optional"] = "required"


class Feed(_Described):
    """One kind of file of a source.

    Args:
        folder: where files lie, below the object store's root; `history/` in it holds first loads.
        formats: what is accepted there, told apart by the file's suffix.
        columns: delivered name of each canonical column.
        optional: canonical columns that a file may lack.
        refused: delivered columns that must never be read, because they leak the label.
        numeric_id: canonical columns whose values may look like card numbers.
        constant_currency: where the file has no currency column.
        amount_unit: whether amounts are in whole units (12.34) or minor units (1234).
        binary_amounts: amounts were computed in floating point; round them to the minor unit.
        allow_zero_amount: a card verification costs nothing and is a transaction here.
        latency: for rows of a history load: known_at = occurred_at + latency.
        tolerated_bad_share: over this share of bad rows the whole delivery is held.
        min_rows_per_hour: fewer rows in an hour are an alarm; 0 says that an hour may be empty.
        settle_seconds: a file changed so recently is looked at twice before it is taken.
    """

    name: FeedName
    source: str
    time_zone: str | None
    folder: str
    formats: tuple[FileFormat, ...] = Field(min_length=1)
    csv: Csv = Csv()
    columns: Mapping[str, str]
    optional: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    numeric_id: frozenset[str] = frozenset()
    constant_currency: str | None = None
    amount_unit: Literal["major", "minor"] = "major"
    binary_amounts: bool = False
    allow_zero_amount: bool = False
    list_separator: str = Field(default="|", min_length=1, max_length=1)
    inline_label: InlineLabel | None = None
    latency: Duration = timedelta(0)
    tolerated_bad_share: float = Field(default=0.05, ge=0, le=1)
    min_rows_per_hour: int = Field(default=0, ge=0)
    settle_seconds: float = Field(default=2.0, ge=0)

    @model_validator(mode="after")
    def _columns_are_known(self) -> Feed:
        canonical = CANONICAL[self.name]
        for key in ("columns", "optional", "numeric_id"):
            if unknown := sorted(set(getattr(self, key)) - set(canonical)):
                raise ValueError(f"{key}: not a column of {self.name}: {', '.join(unknown)}")
        given = set(self.columns) - self.optional
        if self.constant_currency is not None:
            if self.constant_currency not in EXPONENTS:
                raise ValueError(f"constant_currency: {self.constant_currency!r} is not ISO 4217")
            if "currency" in self.columns:
                raise ValueError("constant_currency: the file has a currency column too")
            given.add("currency")
        if missing := sorted(
            name for name, must in canonical.items() if must and name not in given
        ):
            raise ValueError(f"columns: {self.name} needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _no_column_is_read_twice_or_refused(self) -> Feed:
        delivered = self.delivered_columns
        if len(set(delivered)) < len(delivered):
            raise ValueError("columns: one delivered column stands for two canonical ones")
        if leaks := sorted(self.refused & set(delivered)):
            raise ValueError(f"refused: {', '.join(leaks)} would be read as well")
        if self.inline_label and self.name != "transactions":
            raise ValueError("inline_label: only transactions carry one")
        return self

    @property
    def delivered_columns(self) -> tuple[str, ...]:
        """The columns that are read from a file, and no others."""
        inline = (self.inline_label.column,) if self.inline_label else ()
        return (*self.columns.values(), *inline)

    @property
    def history_folder(self) -> str:
        """Where history loads of this feed lie."""
        return f"{self.folder}/history"


class Sources(_Described):
    """One named set of feeds, which fills one warehouse.

    Args:
        name: the file's stem; stands on every delivery.
        time_zone: zone of timestamps that carry none; None refuses such timestamps.
        decide_from: earlier rows are history: they feed features and labels, and are never scored.
        maturity_days: a row without a positive label by then counts as negative.
        provenance_rank: who may label, best first.
        feeds: by name, in the order in which they are admitted.
    """

    name: str
    description: str
    time_zone: str | None = None
    decide_from: AwareDatetime | None = None
    maturity_days: int = Field(ge=0)
    provenance_rank: tuple[str, ...] = ()
    feeds: Mapping[FeedName, Feed]

    @model_validator(mode="before")
    @classmethod
    def _feeds_inherit(cls, data: Any) -> Any:  # noqa: ANN401 - what a YAML file holds
        if not isinstance(data, dict) or not isinstance(data.get("feeds"), dict):
            return data
        name = data.get("name")
        order = sorted(data["feeds"], key=lambda feed: _ADMISSION.get(feed, len(_ADMISSION)))
        feeds = {
            feed: {
                "name": feed,
                "source": name,
                "time_zone": data.get("time_zone"),
                "folder": f"landing/{name}/{feed}",
                **(data["feeds"][feed] or {}),
            }
            for feed in order
        }
        return {**data, "feeds": feeds}

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ValueError(f"{value!r} is not a time zone of the IANA database") from error
        return value

    @field_validator("decide_from")
    @classmethod
    def _decide_from_is_utc(cls, value: datetime | None) -> datetime | None:
        return value.astimezone(UTC) if value else None

    @model_validator(mode="after")
    def _provenances_are_ranked(self) -> Sources:
        for feed in self.feeds.values():
            inline = feed.inline_label
            if inline and inline.provenance not in self.provenance_rank:
                raise ValueError(f"provenance_rank: lacks {inline.provenance!r} of {feed.name}")
        return self

    def dbt_variables(self, base_currency: str) -> dict[str, str | int]:
        """Return what the SQL side must know of these sources; never a window of data."""
        ranks = {"label_provenance_ranks": ",".join(self.provenance_rank)}
        return {
            **(ranks if self.provenance_rank else {}),
            "base_currency": base_currency,
            "source_time_zone": self.time_zone or "UTC",
            "label_maturity_days": self.maturity_days,
        }


def load(name: str, overrides: Mapping[str, Any] | None = None) -> Sources:
    """Return the source set described in `features/sources/<name>.yaml`.

    Args:
        name: of the set, or the path of a YAML file elsewhere.
        overrides: top-level keys that a run states itself, such as `decide_from`; None is none.

    Raises:
        ConfigurationError: there is no such file, or it says something wrong; names file and key.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    try:
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(known.stem for known in FOLDER.glob("*.yaml")))
        raise ConfigurationError(f"no source description {path}; there are: {known}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} is not readable as YAML: {error}") from error
    if not isinstance(described, dict):
        raise ConfigurationError(f"{path.name}: expected keys and values")
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    try:
        return Sources.model_validate({"name": path.stem, **described, **given})
    except ValidationError as error:
        lines = [
            f"{path.name}: {'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}"
            for item in error.errors()
        ]
        raise ConfigurationError("\n".join(lines)) from error
