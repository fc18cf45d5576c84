"""Describe how the files of a source map to a feed: their folder, their columns, their spelling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import chain
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticKnownError

from features.feeds import FEEDS, Column, ColumnKind, Feed
from features.feeds.application_labels import OUTCOMES, Outcome
from features.feeds.leaks import Leak, is_protected, leaks_of
from features.sources.columns import ColumnDescription, DescribedColumn
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
from features.sources.labels import InlineLabel
from features.sources.parts import Duration, Latency


def _known_feed(name: str) -> str:
    if name not in FEEDS:
        *names, last = (repr(known) for known in FEEDS)
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(names)} or {last}"})
    return name


FeedName = Annotated[str, AfterValidator(_known_feed)]


#: Texts that common exports write for "no value".
NULL_TOKENS = ("", "\\N", "NULL", "NaN", "nan", "None")


class SourceFeed(Described):
    """The files of a source that bring the rows of one feed.

    Args:
        feed: the feed of the rows; needed where the entry has a name of its own.
        time_zone: zone of times without an offset; by default that of the source.
        folder: of the files, below the object store's root; first loads are in its `history/`.
        files: patterns of the names of this feed's files, such as `tx_*.csv`; the other files of
            the folder are left alone.
        formats: the accepted formats, which the file's suffix selects.
        encoding: of text files; a byte order mark in the file has precedence.
        csv: the form of CSV files; by default that of the source.
        json_form: the form of JSON files; by default that of the source.
        excel: the form of Excel workbooks; by default that of the source.
        match_header: `exact`: delivered names must be equal; `folded`: but for case and blanks
            around them.
        columns: by canonical column, its delivered name, or keys for its origin and spelling.
        optional: canonical columns that a file may lack.
        refused: delivered columns that must never be read, because they leak the label.
        numeric_id: canonical columns whose values may look like card numbers.
        null_tokens: texts that mean "no value", in every column.
        allow_zero_amount: a row that costs nothing is a card check; otherwise it is rejected,
            unless it states that it is a check.
        allow_lenders_price: applications may read the lender's own rate or grade.
        is_applicant_unknown: the source names no applicants; each application is one of its own.
        outcomes: the meaning of each delivered outcome of a loan.
        policy_exceptions: delivered outcomes of loans granted against the lender's policy.
        charge_off_lag: the time from the last instalment until a charge-off is known.
        list_separator: one character between the items of a list.
        inline_label: the label in the rows of the feed.
        latency: for rows of a history load: known_at = occurred_at + latency; labels may have one
            by provenance, such as `{chargeback: 30d, analyst: 1d}`.
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
    columns: Mapping[str, DescribedColumn]
    optional: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    numeric_id: frozenset[str] = frozenset()
    null_tokens: tuple[str, ...] = NULL_TOKENS
    allow_zero_amount: bool = False
    allow_lenders_price: bool = False
    is_applicant_unknown: bool = False
    outcomes: Mapping[str, Outcome] = {outcome: outcome for outcome in OUTCOMES}
    policy_exceptions: frozenset[str] = frozenset()
    charge_off_lag: Duration = timedelta(days=150)
    list_separator: str = Field(default="|", min_length=1, max_length=1)
    inline_label: InlineLabel | None = None
    latency: Latency = timedelta(0)
    shares_ids: bool = False
    tolerated_bad_share: float = Field(default=0.05, ge=0, le=1)
    min_rows_per_hour: int = Field(default=0, ge=0)
    settle_seconds: float = Field(default=2.0, ge=0)
    _left_out: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _columns_are_known(self) -> SourceFeed:
        names = {column.name for column in self.declaration.columns}
        for key in ("columns", "optional", "numeric_id"):
            if unknown := sorted(set(getattr(self, key)) - names):
                raise ValueError(f"{key}: not a column of {self.name}: {', '.join(unknown)}")
        given = (set(self.columns) - self.optional) | self._given_otherwise()
        if missing := sorted(name for name in self.declaration.required if name not in given):
            raise ValueError(f"columns: {self.name} needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _descriptions_fit(self) -> SourceFeed:
        for name, description in self.columns.items():
            if flaw := description.misfit(self.declaration.column(name), self.declaration):
                raise ValueError(f"columns: {name}: {flaw}")
        if isinstance(self.latency, Mapping) and not self.declaration.delays_labels:
            raise ValueError("latency: only transaction_labels has one by provenance")
        return self

    @model_validator(mode="after")
    def _no_refused_column_is_read(self) -> SourceFeed:
        names = {*self.delivered_columns, *self.refused}
        if self.match_header == "folded" and len(set(map(folded, names))) < len(names):
            raise ValueError("match_header: folded, two names differ in case or blanks only")
        if leaks := sorted(filter(self._is_never_read, self.delivered_columns)):
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
        for choice in self.declaration.choices:
            if not {choice.first, choice.second} & set(self.columns):
                raise ValueError(f"columns: {self.name} needs {choice.first} or {choice.second}")
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
        is_of_persons = Leak.PERSONAL in self.declaration.never_reads
        return self.is_protected or is_of_persons or any(map(is_protected, self.refused))

    @property
    def delivered_columns(self) -> tuple[str, ...]:
        """The columns that are read from a file, each of them once, and no others."""
        inline = (self.inline_label.column,) if self.inline_label else ()
        names = chain.from_iterable(column.delivered for column in self.columns.values())
        return tuple(dict.fromkeys((*names, *inline)))

    @property
    def required_names(self) -> frozenset[str]:
        """The delivered columns that each file must have."""
        needed = (
            column.delivered for name, column in self.columns.items() if name not in self.optional
        )
        label = self.inline_label
        inline = {label.column} if label and label.label_in == "all" else frozenset[str]()
        return frozenset(chain.from_iterable(needed)) | inline

    @property
    def generates_key(self) -> bool:
        """Whether an identifier is a digest of all delivered columns of the row."""
        return any(column.generate for column in self.columns.values())

    @property
    def left_out(self) -> frozenset[str]:
        """The delivered columns that the digest of a row leaves out."""
        label = {self.inline_label.column} if self.inline_label else set()
        return self._left_out | self.refused | label

    def leave_out(self, names: frozenset[str]) -> None:
        """Leave delivered columns out of the digest of a row; the set of feeds decides which."""
        self._left_out = names

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

    def description_of(self, column: Column) -> ColumnDescription | None:
        """Return the description of a landed column, or None where the source has none."""
        declared, name = self.declaration, column.name
        if declared.inline_labels and column is declared.inline_labels.column:
            return self.inline_label.description if self.inline_label else None
        if self.is_applicant_unknown and name == declared.person:
            name = declared.subject.name
        if column.kind is ColumnKind.EXCEPTION and self.policy_exceptions:
            outcome = declared.column_of(ColumnKind.OUTCOME)
            name = outcome.name if outcome else name
        return self.columns.get(name)

    def delivered_name(self, canonical: str) -> str | None:
        """Return the only delivered column of a canonical one, or None if it has none or several.

        The delivered text may need the options of the description to be understood.
        """
        description = self.columns.get(canonical)
        return description.column if description else None

    @property
    def constant_currency(self) -> str | None:
        """The currency of all rows, where the source states one."""
        return self._constant(ColumnKind.CURRENCY)

    @property
    def constant_provenance(self) -> str | None:
        """The origin of all labels, where the source states one."""
        return self._constant(ColumnKind.PROVENANCE)

    @property
    def delivered_kinds(self) -> Mapping[str, frozenset[ColumnKind]]:
        """The kinds of each delivered column; two columns may be read from one."""
        kinds: dict[str, frozenset[ColumnKind]] = {}
        for column in self.landed_columns:
            if (description := self.description_of(column)) is None:
                continue
            # a map names the text of each value, so the values may be flags or numbers
            is_text = description.map is None and description.floats is None
            kind = column.kind if is_text else ColumnKind.FLAG
            for name in description.delivered:
                kinds[name] = kinds.get(name, frozenset()) | {kind}
        return kinds

    @property
    def amount_signs(self) -> tuple[str, ...]:
        """The signs and codes that name the currency of an amount, and are written with it."""
        currency = self.declaration.column_of(ColumnKind.CURRENCY)
        description = self.columns.get(currency.name) if currency else None
        return tuple(description.from_amount or ()) if description else ()

    def _constant(self, kind: ColumnKind) -> str | None:
        column = self.declaration.column_of(kind)
        description = self.columns.get(column.name) if column else None
        return description.constant if description else None

    def _given_otherwise(self) -> set[str]:
        """Return the canonical columns that need no delivered column."""
        person = self.declaration.person
        return {person} if person and self.is_applicant_unknown else set()

    def _is_never_read(self, name: str) -> bool:
        if name in self.refused:
            return True
        allowed = {Leak.LENDERS_PRICE} if self.allow_lenders_price else set()
        return bool(leaks_of(name) & self.declaration.never_reads - allowed)
