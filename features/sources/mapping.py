"""Describe how the files of a source map to a feed: their folder, their columns, their spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticKnownError

from features.feeds import FEEDS, Column, ColumnKind, Feed
from features.feeds.application_labels import OUTCOMES, Outcome
from features.feeds.leaks import Leak, is_protected, leaks_of
from features.platform.currencies import EXPONENTS
from features.sources.date_formats import DateFormat
from features.sources.described import Described
from features.sources.encodings import UTF_8, Encoding
from features.sources.file_forms import (
    Csv,
    Excel,
    FileFormat,
    FilePattern,
    HeaderMatch,
    Json,
    folded,
    one_or_more,
)


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


def _known_feed(name: str) -> str:
    if name not in FEEDS:
        *names, last = (repr(known) for known in FEEDS)
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(names)} or {last}"})
    return name


FeedName = Annotated[str, AfterValidator(_known_feed)]


class InlineLabel(Described):
    """A label in the files of another feed; ingest moves it to the feed of labels.

    Args:
        column: delivered name of the column.
        latency: the time from the transaction until the label was known.
        provenance: the origin of the label.
    """

    column: str
    latency: Duration
    provenance: str


#: Texts that common exports write for "no value".
NULL_TOKENS = ("", "\\N", "NULL", "NaN", "nan", "None")


class SourceFeed(Described):
    """The files of a source that bring the rows of one feed.

    Args:
        feed: the feed of the rows; needed where the entry has a name of its own.
        folder: of the files, below the object store's root; first loads are in its `history/`.
        files: patterns of the names of this feed's files, such as `tx_*.csv`; the other files of
            the folder are left alone.
        formats: the accepted formats, which the file's suffix selects.
        encoding: of text files; a byte order mark in the file has precedence.
        csv: the form of CSV.
        json_form: the form of JSON.
        excel: the form of Excel workbooks.
        match_header: `exact`: delivered names must be equal; `folded`: but for case and blanks
            around them.
        columns: delivered name of each canonical column.
        optional: canonical columns that a file may lack.
        refused: delivered columns that must never be read, because they leak the label.
        numeric_id: canonical columns whose values may look like card numbers.
        null_tokens: texts that mean "no value", in every column.
        missing_codes: by canonical column, the codes that mean "no value" there, such as 999.
        date_formats: by canonical column, the format of its dates, such as `%b-%Y`.
        trim_ids: remove blanks around identifiers; otherwise they reject the row.
        constant_currency: the currency of a file without a currency column.
        constant_provenance: the origin of labels in a file without a column for it.
        amount_unit: whether amounts are in whole units (12.34) or minor units (1234).
        binary_amounts: amounts were computed in floating point; round them to the minor unit.
        allow_zero_amount: a card verification costs nothing and is a transaction here.
        allow_lenders_price: applications may read the lender's own rate or grade.
        is_applicant_unknown: the source names no applicants; each application is one of its own.
        outcomes: the meaning of each delivered outcome of a loan.
        policy_exceptions: delivered outcomes of loans granted against the lender's policy.
        charge_off_lag: the time from the last instalment until a charge-off is known.
        latency: for rows of a history load: known_at = occurred_at + latency.
        shares_ids: the ids are those of the other feeds of this kind, so other content of an id is
            a correction; otherwise it holds the delivery.
        tolerated_bad_share: a larger share of bad rows holds the whole delivery.
        min_rows_per_hour: fewer rows in an hour raise an alarm; 0 allows an empty hour.
        settle_seconds: a file changed so recently is checked twice before it is taken.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    feed: FeedName
    source: str
    time_zone: str | None = None
    folder: str
    files: Annotated[tuple[FilePattern, ...], BeforeValidator(one_or_more)] = ()
    formats: tuple[FileFormat, ...] = Field(default=tuple(FileFormat), min_length=1)
    encoding: Encoding = UTF_8
    csv: Csv = Csv()
    json_form: Json = Field(default=Json(), alias="json")  # BaseModel has a method `json`
    excel: Excel = Excel()
    match_header: HeaderMatch = "exact"
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
    shares_ids: bool = False
    tolerated_bad_share: float = Field(default=0.05, ge=0, le=1)
    min_rows_per_hour: int = Field(default=0, ge=0)
    settle_seconds: float = Field(default=2.0, ge=0)

    @model_validator(mode="after")
    def _columns_are_known(self) -> SourceFeed:
        names = {column.name for column in self.declaration.columns}
        for key in ("columns", "optional", "numeric_id", "missing_codes", "date_formats"):
            if unknown := sorted(set(getattr(self, key)) - names):
                raise ValueError(f"{key}: not a column of {self.name}: {', '.join(unknown)}")
        given = (set(self.columns) - self.optional) | self._given_otherwise()
        if missing := sorted(name for name in self.declaration.required if name not in given):
            raise ValueError(f"columns: {self.name} needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _no_column_is_read_twice_or_refused(self) -> SourceFeed:
        delivered = self.delivered_columns
        if len(set(delivered)) < len(delivered):
            raise ValueError("columns: one delivered column stands for two canonical ones")
        names = {*delivered, *self.refused}
        if self.match_header == "folded" and len({folded(name) for name in names}) < len(names):
            raise ValueError("match_header: folded, two names differ in case or blanks only")
        if leaks := sorted(filter(self._is_never_read, delivered)):
            raise ValueError(f"refused: {', '.join(leaks)} would be read as well")
        if self.inline_label and not self.declaration.inline_labels:
            able = [feed.name for feed in FEEDS.values() if feed.inline_labels]
            raise ValueError(f"inline_label: only {' and '.join(able)} carry one")
        return self

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> SourceFeed:
        for pair in self.declaration.pairs:
            given = {pair.first, pair.second} & set(self.columns)
            if len(given) == 1:
                absent = pair.first if pair.second in given else pair.second
                raise ValueError(f"columns: {given.pop()} needs {absent} beside it")
        return self

    @model_validator(mode="after")
    def _formats_are_of_dates(self) -> SourceFeed:
        if strange := sorted(set(self.date_formats) - self.declaration.dated):
            raise ValueError(f"date_formats: hold no dates: {', '.join(strange)}")
        return self

    @model_validator(mode="after")
    def _exceptions_are_outcomes(self) -> SourceFeed:
        if strange := sorted(self.policy_exceptions - set(self.outcomes)):
            raise ValueError(f"policy_exceptions: not in outcomes: {', '.join(strange)}")
        return self

    @property
    def name(self) -> str:
        """The name of the feed, which every delivery of these files carries."""
        return self.feed

    @property
    def declaration(self) -> Feed:
        """The platform's declaration of the feed."""
        return FEEDS[self.name]

    @property
    def is_protected(self) -> bool:
        """Whether only the fairness report may read the rows."""
        return self.declaration.is_protected

    @property
    def conceals(self) -> bool:
        """Whether the text of a rejected row is dropped, because it may hold protected values."""
        return self.is_protected or any(map(is_protected, self.refused))

    @property
    def delivered_columns(self) -> tuple[str, ...]:
        """The columns that are read from a file, and no others."""
        inline = (self.inline_label.column,) if self.inline_label else ()
        return (*self.columns.values(), *inline)

    @property
    def landed_columns(self) -> tuple[Column, ...]:
        """The columns of a landed table, without the place in the file."""
        labels = self.declaration.inline_labels
        inline = (labels.column,) if labels and self.inline_label else ()
        return (*self.declaration.columns, *inline)

    @property
    def history_folder(self) -> str:
        """The folder of this feed's history loads."""
        return f"{self.folder}/history"

    def delivered_name(self, column: Column) -> str | None:
        """Return the delivered name of a landed column, or None where the file has none."""
        declared, name = self.declaration, column.name
        if declared.inline_labels and column is declared.inline_labels.column:
            return self.inline_label.column if self.inline_label else None
        if self.is_applicant_unknown and name == declared.person:
            name = declared.subject.name
        if column.kind is ColumnKind.EXCEPTION and self.policy_exceptions:
            outcome = declared.column_of(ColumnKind.OUTCOME)
            name = outcome.name if outcome else name
        return self.columns.get(name)

    @property
    def delivered_kinds(self) -> Mapping[str, frozenset[ColumnKind]]:
        """The kinds of each delivered column; two columns may be read from one."""
        kinds: dict[str, frozenset[ColumnKind]] = {}
        for column in self.landed_columns:
            if (name := self.delivered_name(column)) is not None:
                kinds[name] = kinds.get(name, frozenset()) | {column.kind}
        return kinds

    def _given_otherwise(self) -> set[str]:
        """Return the canonical columns that need no delivered column.

        Raises:
            ValueError: the constant currency is unknown, or the file has a currency too.
        """
        given = set()
        if self.constant_currency is not None:
            if self.constant_currency not in EXPONENTS:
                raise ValueError(f"constant_currency: {self.constant_currency!r} is not ISO 4217")
            currency = self.declaration.column_of(ColumnKind.CURRENCY)
            if currency and currency.name in self.columns:
                raise ValueError("constant_currency: the file has a currency column too")
            given |= {currency.name} if currency else set()
        if self.is_applicant_unknown and self.declaration.person:
            given.add(self.declaration.person)
        return given

    def _is_never_read(self, name: str) -> bool:
        if name in self.refused:
            return True
        allowed = {Leak.LENDERS_PRICE} if self.allow_lenders_price else set()
        return bool(leaks_of(name) & self.declaration.never_reads - allowed)
