"""One feed of a source: the folder of its files, the meaning of their columns, refused columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from features.canonical import (
    CANONICAL,
    DATED,
    OUTCOMES,
    FeedName,
    Outcome,
    is_lenders_price,
    is_post_outcome,
    is_protected,
)
from features.platform.currencies import EXPONENTS
from features.sources.date_formats import DateFormat


class FileFormat(StrEnum):
    """What a file holds; text files may be gzipped."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Described(BaseModel):
    """A part of a description: frozen, and refusing unknown keys.

    `Document.validate` reads a file as strict JSON. A `mode="before"` validator of a whole part
    would hand Python objects on, and lists would no longer be read as tuples and sets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _duration(value: object) -> object:
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"[0-9]{1,6}[dhms]", value):
        raise ValueError("expected a duration such as 7d, 12h, 30m or 45s")
    return timedelta(**{units[value[-1]]: int(value[:-1])})


Duration = Annotated[
    timedelta, BeforeValidator(_duration), Field(ge=timedelta(0), le=timedelta(days=36_600))
]


def _code(value: object) -> object:
    return str(value) if type(value) is int else value


Code = Annotated[str, BeforeValidator(_code), Field(min_length=1)]


class InlineLabel(Described):
    """A label that stands in the transactions' own file; ingest moves it to the label feed.

    Args:
        column: delivered name of the column.
        latency: how long after the transaction the label became known.
        provenance: who says so.
    """

    column: str
    latency: Duration
    provenance: str


class Csv(Described):
    """How the source writes CSV.

    Args:
        delimiter: one character between fields.
        quoting: `standard`: a field may stand in double quotes, and holds a quote as two of them;
            `none`: a quote is plain text everywhere.
        multiline_fields: a quoted field may hold line ends; otherwise one line is one row, and a
            quoted field that spans lines holds the file.
        final_line_break: whether a last line without its end is taken for a file cut short.
    """

    delimiter: str = Field(default=",", pattern=r"^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x7e]$")
    quoting: Literal["standard", "none"] = "standard"
    multiline_fields: bool = False
    final_line_break: Literal["required", "optional"] = "required"

    @model_validator(mode="after")
    def _lines_need_quotes(self) -> Csv:
        if self.multiline_fields and self.quoting == "none":
            raise ValueError("multiline_fields: only a quoted field can span lines")
        return self


#: Texts that common exports write for "no value".
NULL_TOKENS = ("", "\\N", "NULL", "NaN", "nan", "None")


class Feed(Described):
    """One kind of file of a source.

    Args:
        folder: where files lie, below the object store's root; `history/` in it holds first loads.
        formats: what is accepted there, told apart by the file's suffix.
        columns: delivered name of each canonical column.
        optional: canonical columns that a file may lack.
        refused: delivered columns that must never be read, because they leak the label.
        numeric_id: canonical columns whose values may look like card numbers.
        null_tokens: texts that mean "no value", in every column.
        missing_codes: by canonical column, the codes that mean "no value" there, such as 999.
        date_formats: by canonical column, the format of its dates, such as `%b-%Y`.
        trim_ids: remove blanks around identifiers; otherwise they reject the row.
        constant_currency: where the file has no currency column.
        constant_provenance: who labels, where the file has no column for it.
        amount_unit: whether amounts are in whole units (12.34) or minor units (1234).
        binary_amounts: amounts were computed in floating point; round them to the minor unit.
        allow_zero_amount: a card verification costs nothing and is a transaction here.
        allow_lenders_price: applications may read the lender's own rate or grade.
        is_applicant_unknown: the source names no applicants; each application is one of its own.
        outcomes: what each delivered outcome of a loan means.
        policy_exceptions: delivered outcomes of loans granted against the lender's policy.
        charge_off_lag: how long after the last payment a loan is charged off, and nobody knows it.
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
    null_tokens: tuple[str, ...] = NULL_TOKENS
    missing_codes: Mapping[str, tuple[Code, ...]] = {}
    date_formats: Mapping[str, DateFormat] = {}
    trim_ids: bool = False
    constant_currency: str | None = None
    constant_provenance: str | None = None
    amount_unit: Literal["major", "minor"] = "major"
    binary_amounts: bool = False
    allow_zero_amount: bool = False
    allow_lenders_price: bool = False
    is_applicant_unknown: bool = False
    outcomes: Mapping[str, Outcome] = {outcome: outcome for outcome in OUTCOMES}
    policy_exceptions: frozenset[str] = frozenset()
    charge_off_lag: Duration = timedelta(days=150)
    list_separator: str = Field(default="|", min_length=1, max_length=1)
    inline_label: InlineLabel | None = None
    latency: Duration = timedelta(0)
    tolerated_bad_share: float = Field(default=0.05, ge=0, le=1)
    min_rows_per_hour: int = Field(default=0, ge=0)
    settle_seconds: float = Field(default=2.0, ge=0)

    @model_validator(mode="after")
    def _columns_are_known(self) -> Feed:
        canonical = CANONICAL[self.name]
        for key in ("columns", "optional", "numeric_id", "missing_codes", "date_formats"):
            if unknown := sorted(set(getattr(self, key)) - set(canonical)):
                raise ValueError(f"{key}: not a column of {self.name}: {', '.join(unknown)}")
        given = set(self.columns) - self.optional
        if self.constant_currency is not None:
            if self.constant_currency not in EXPONENTS:
                raise ValueError(f"constant_currency: {self.constant_currency!r} is not ISO 4217")
            if "currency" in self.columns:
                raise ValueError("constant_currency: the file has a currency column too")
            given.add("currency")
        if self.is_applicant_unknown:
            given.add("customer_id")
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
        if leaks := sorted(filter(self._is_never_read, delivered)):
            raise ValueError(f"refused: {', '.join(leaks)} would be read as well")
        if self.inline_label and self.name != "transactions":
            raise ValueError("inline_label: only transactions carry one")
        return self

    @model_validator(mode="after")
    def _formats_are_of_dates(self) -> Feed:
        if strange := sorted(set(self.date_formats) - DATED):
            raise ValueError(f"date_formats: hold no dates: {', '.join(strange)}")
        return self

    @model_validator(mode="after")
    def _exceptions_are_outcomes(self) -> Feed:
        if strange := sorted(self.policy_exceptions - set(self.outcomes)):
            raise ValueError(f"policy_exceptions: not in outcomes: {', '.join(strange)}")
        return self

    def _is_never_read(self, name: str) -> bool:
        if name in self.refused:
            return True
        if self.name != "applications":
            return False
        is_price = is_lenders_price(name) and not self.allow_lenders_price
        return is_price or is_post_outcome(name) or is_protected(name)

    @property
    def is_protected(self) -> bool:
        """Whether rows may stand only where the fairness report alone reads them."""
        return self.name == "applicant_attributes"

    @property
    def conceals(self) -> bool:
        """Whether the text of a rejected row is not kept, since it may hold protected values."""
        return self.is_protected or any(map(is_protected, self.refused))

    @property
    def delivered_columns(self) -> tuple[str, ...]:
        """The columns that are read from a file, and no others."""
        inline = (self.inline_label.column,) if self.inline_label else ()
        return (*self.columns.values(), *inline)

    @property
    def history_folder(self) -> str:
        """Where history loads of this feed lie."""
        return f"{self.folder}/history"
