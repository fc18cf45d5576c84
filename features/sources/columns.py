"""Describe one column of a feed: its origin in the files, and the spelling of its values.

A column has exactly one origin. An option must fit the kind of the canonical column; the refusal of
another option names the options that fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from features.feeds import Column, Feed
from features.platform.currencies import EXPONENTS
from features.platform.yaml_document import KEYS_FORM, TEXT_FORM, Moment, form_of
from features.sources import fitting
from features.sources.date_formats import TimeFormat
from features.sources.described import Described
from features.sources.parts import Word, Words
from features.sources.zones import Zone
from features.sources.zones import check as check_zone

#: What Python's expressions can and those of Arrow cannot; `(?i)` both can.
_BEYOND_ARROW = re.compile(r"\(\?(?:[=!]|<[=!]|\(|P=|>|#)|\\[1-9]|[*+?}]\+")

#: The default separator of the parts of a composite identifier.
SEPARATOR = "|"


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError(f"{text!r} has {groups} groups: put the wanted part in one pair of ()")
    return text


def _whole_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    if unable := _BEYOND_ARROW.search(text):
        raise ValueError(f"{text!r} has {unable[0]}, which looks around or back: leave it out")
    return text


def _code(text: str) -> str:
    if text not in EXPONENTS:
        raise ValueError(f"{text!r} is not ISO 4217")
    return text


class ZoneColumn(Described):
    """A delivered column that names the zone of each row.

    Args:
        column: delivered name; its values are names such as `Europe/Vienna`, or offsets.
    """

    column: str


_Zone = Annotated[
    Annotated[Zone, Tag(TEXT_FORM)] | Annotated[ZoneColumn, Tag(KEYS_FORM)], Discriminator(form_of)
]
_Mark = Annotated[str, Field(min_length=1, max_length=1)]


class ColumnDescription(Described):
    """The origin and the spelling of one canonical column.

    Args:
        column: delivered name.
        columns: several delivered names, joined: identifiers with `separator`, times with a blank.
        product: two delivered names; the amount is their exact product.
        sum: several delivered names; the amount is their exact sum, and a part without a value
            adds nothing.
        constant: one value for all rows.
        generate: `content_hash`: the identifier is SHA-256 over all delivered columns of the row
            except the label and refused columns, in the order of their names; equal rows are
            duplicates. Feeds of one folder leave out the same columns, so their rows find each
            other.
        file_name: a regular expression with one group; the value is that part of the file's name.
        from_amount: the currency by the sign or code that is written with the amount.
        null_tokens: texts that mean "no value" in this column, besides those of the feed.
        trim: remove blanks and invisible characters around each text.
        map: the value for each delivered text; another text rejects the row.
        replace: the value for some delivered texts; every other text stays as it is.
        starts_with: the value for texts that begin so, such as `C` of an invoice; the longest
            beginning decides, and a text with another one has no value.
        matches: a regular expression; a flag is true where it matches the whole text.
        otherwise: the value for a text outside `map` or `starts_with`, or for an amount without a
            sign.
        separator: one character between the parts of a composite identifier.
        floats: `whole`: identifiers that an export wrote in floating point, such as 596.0, are
            the whole number; a fraction or more than 15 digits reject the row.
        prefix: text in front of each identifier, such as `pos-`.
        true_words: texts that mean true, in any case.
        false_words: texts that mean false, in any case.
        format: directives of strptime such as `%d.%m.%Y %H:%M`, or `epoch_seconds`,
            `epoch_milliseconds`, `epoch_microseconds`, `epoch_hours`, `epoch_days`.
        since: the moment from which an epoch format counts; 1970-01-01T00:00:00Z by default.
        zone: zone of times without an offset: a name, an offset such as `+02:00`, or
            `{column: name}`; the source's `time_zone` by default.
        ambiguous: the meaning of a local time that exists twice: `earliest`, `latest` or `reject`.
        nonexistent: the meaning of a local time that a clock change skips: `shift_forward` to the
            first time after it, or `reject`.
        unit: `major` or `minor` of amounts, `share` or `percent`, `months` or `years`.
        decimal: the decimal mark, `.` or `,`.
        thousands: the mark between thousands: `,`, `.`, a blank, an apostrophe or `_`.
        currency_sign: signs or codes that may be written with an amount, such as `$` or `EUR`.
        negative: other spellings of negative amounts: `parentheses`, `trailing_minus`.
        exponents: accept numbers such as `1.5E+3`; they are read exactly.
        rounding: `binary`: amounts carry noise of floating point; round them to the minor unit.
        sign: `debit_negative`: a negative amount is a purchase and a positive one a refund;
            `credit_negative`: a negative amount is a refund; `returns_negative`: a negative
            quantity comes back, by a return unless the event says cancellation;
            `outgoing_negative`: pieces of a negative quantity leave the location.
    """

    column: str | None = None
    columns: tuple[str, ...] | None = Field(default=None, min_length=2, max_length=20)
    product: tuple[str, ...] | None = Field(default=None, min_length=2, max_length=2)
    sum: tuple[str, ...] | None = Field(default=None, min_length=2, max_length=20)
    constant: Word | None = None
    generate: Literal["content_hash"] | None = None
    file_name: Annotated[str, AfterValidator(_pattern)] | None = Field(default=None, max_length=200)
    from_amount: Mapping[str, Annotated[str, AfterValidator(_code)]] | None = None

    null_tokens: Words | None = None
    trim: bool | None = None
    map: Mapping[str, Word] | None = None
    replace: Mapping[str, Word] | None = None
    starts_with: Mapping[Annotated[str, Field(min_length=1)], Word] | None = None
    matches: Annotated[str, AfterValidator(_whole_pattern)] | None = Field(
        default=None, min_length=1, max_length=200
    )
    otherwise: Word | None = None
    separator: _Mark | None = None
    floats: Literal["whole"] | None = None
    prefix: str | None = Field(default=None, min_length=1, max_length=60)
    true_words: Words | None = None
    false_words: Words | None = None
    format: TimeFormat | None = None
    since: Moment | None = None
    zone: _Zone | None = None
    ambiguous: Literal["earliest", "latest", "reject"] | None = None
    nonexistent: Literal["shift_forward", "reject"] | None = None
    unit: Literal["major", "minor", "share", "percent", "months", "years"] | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", " ", "'", "_"] | None = None
    currency_sign: Words | None = None
    negative: tuple[Literal["parentheses", "trailing_minus"], ...] | None = None
    exponents: bool | None = None
    rounding: Literal["binary"] | None = None
    sign: (
        Literal["debit_negative", "credit_negative", "returns_negative", "outgoing_negative"] | None
    ) = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> ColumnDescription:
        stated = [key for key in fitting.ORIGINS if getattr(self, key) is not None]
        if len(stated) != 1:
            given = f"has {' and '.join(stated)}" if stated else "has no origin"
            raise ValueError(f"{given}; give exactly one of {', '.join(fitting.ORIGINS)}")
        for flaw in self._flaws():
            raise ValueError(flaw)
        return self

    @model_validator(mode="after")
    def _states_meanings_once(self) -> ColumnDescription:
        meanings = ("map", "replace", "starts_with")
        stated = [key for key in meanings if getattr(self, key) is not None]
        if len(stated) > 1:
            raise ValueError(f"{stated[1]}: {stated[0]} already says what each text means")
        return self

    def _flaws(self) -> Iterator[str]:
        needs = (
            ("otherwise", ("map", "starts_with", "from_amount")),
            ("separator", ("columns",)),
            ("since", ("format",)),
        )
        for option, others in needs:
            if getattr(self, option) is not None and all(
                getattr(self, other) is None for other in others
            ):
                yield f"{option}: only goes with {' or '.join(others)}"
        if self.since is not None and not str(self.format).startswith("epoch_"):
            yield "since: only an epoch format counts from a moment"
        if self.thousands is not None and self.thousands == (self.decimal or "."):
            yield f"thousands: {self.thousands!r} is the decimal mark; state decimal: ',' as well"
        if self.separator == "\\":
            yield "separator: a backslash escapes the separator; choose another one"
        if repeated := _folded(self.true_words) & _folded(self.false_words):
            yield f"false_words: also in true_words: {', '.join(sorted(repeated))}"
        if isinstance(self.zone, str) and (flaw := check_zone(self.zone)):
            yield f"zone: {flaw}"

    def misfit(self, column: Column, feed: Feed) -> str | None:
        """Return why the description does not fit a column of a feed, or None if it fits."""
        stated = [key for key in type(self).model_fields if getattr(self, key) is not None]
        flaw = fitting.misfit(stated, column)
        if flaw is None and self.unit is not None:
            flaw = fitting.misfit_of_unit(self.unit, column.kind)
        if flaw is None and self.sign is not None:
            flaw = fitting.misfit_of_sign(self.sign, column.kind, feed)
        is_code = self.constant is not None and column.kind in fitting.CODES
        if flaw is None and is_code and self.constant not in EXPONENTS:
            flaw = f"constant: {self.constant!r} is not ISO 4217"
        return flaw

    @cached_property
    def delivered(self) -> tuple[str, ...]:
        """The delivered columns that the column is read from; none for a constant."""
        zone = (self.zone.column,) if isinstance(self.zone, ZoneColumn) else ()
        return (*self.read_from, *zone)

    @cached_property
    def read_from(self) -> tuple[str, ...]:
        """The delivered columns that hold the value itself."""
        several = self.columns or self.product or self.sum or ()
        return (self.column,) if self.column is not None else several

    @cached_property
    def is_plain(self) -> bool:
        """Whether the delivered text of one column is the canonical text."""
        stated = {key for key in type(self).model_fields if getattr(self, key) is not None}
        return stated == {"column"}


def _folded(words: tuple[str, ...] | None) -> set[str]:
    return {word.casefold() for word in words or ()}


def _described(value: str | ColumnDescription) -> ColumnDescription:
    return ColumnDescription(column=value) if isinstance(value, str) else value


if TYPE_CHECKING:
    DescribedColumn = ColumnDescription
else:
    #: A column of a description: a delivered name, or keys; both become a description.
    DescribedColumn = Annotated[
        Annotated[str, Tag(TEXT_FORM)] | Annotated[ColumnDescription, Tag(KEYS_FORM)],
        Discriminator(form_of),
        AfterValidator(_described),
    ]
