"""Turn one chunk of text into typed columns and verdicts; pure, by whole columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.columns import MONEY, TIMED, Column, ColumnKind
from features.ingest import (
    cards,
    contradictions,
    credit_values,
    geography,
    identifiers,
    kinds,
    numbers,
    sales_values,
    stock_values,
    times,
)
from features.ingest.chunks import TEXT, Chunk
from features.ingest.limits import Limits
from features.ingest.local_times import LocalTimes
from features.ingest.reasons import RowReason
from features.ingest.spelling import Delivered, spelled, words, zones
from features.ingest.times import mask_of, matches
from features.ingest.verdicts import Mask, Verdicts
from features.sources.mapping import SourceFeed

_CONTROL = r"[\x00-\x1f\x7f]"
_FREE_TEXT = {
    *(ColumnKind.ID, ColumnKind.TEXT, ColumnKind.LIST, ColumnKind.PROVENANCE),
    *(ColumnKind.PLACE, ColumnKind.COUNTRY, ColumnKind.TIME_ZONE),
}
_DIRECTIONS = {ColumnKind.KIND, ColumnKind.EVENT, ColumnKind.MOVEMENT}
_WITH_DECIMALS = {ColumnKind.RATE, ColumnKind.PERCENT}  # so many that they may spell a card number


@dataclass(frozen=True, slots=True)
class Checked:
    """A chunk after its checks: the typed rows that passed, and the verdicts on all."""

    typed: pa.Table
    verdicts: Verdicts


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules for the rows of a chunk.

    Args:
        feed: as the source describes it.
        provenances: the allowed provenances; empty for a feed without labels.
        now: the warehouse's clock, UTC.
        limits: lengths in bytes.
        file_name: name of the file, without its folder; a column may be part of it.
    """

    feed: SourceFeed
    provenances: tuple[str, ...]
    now: datetime
    limits: Limits
    file_name: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the landed table."""
        return self.feed.landed_columns

    def delivered(self, chunk: Chunk) -> Delivered:
        """Return the rows of a chunk as the spelling of columns reads them."""
        rows = len(chunk.row_numbers)
        return Delivered(chunk.columns, rows, self.feed, self.now, self.file_name)

    def money(self, column: Column) -> numbers.Money:
        """Return how amounts of a column are written."""
        description = self.feed.description_of(column)
        return numbers.Money(
            description is not None and description.unit == "minor",
            description is not None and description.rounding == "binary",
            # a feed with kinds decides on zeros by the kind
            self.feed.allow_zero_amount
            or column.kind is ColumnKind.BALANCE
            or self.feed.declaration.column_of(ColumnKind.KIND) is not None,
        )

    def is_signed(self, column: Column) -> bool:
        """Return whether a minus in front of a number means that money or goods turn round."""
        description = self.feed.description_of(column)
        return description is not None and description.sign is not None

    def local_times(self, column: Column, delivered: Delivered) -> LocalTimes:
        """Return the zone of times without an offset, and the meaning of times around a change."""
        described = self.feed.description_of(column)
        zone = described.zone if described and isinstance(described.zone, str) else None
        return LocalTimes(
            zone or self.feed.time_zone,
            zones(delivered, column),
            (described and described.ambiguous) or "earliest",
            (described and described.nonexistent) or "shift_forward",
        )


def check(chunk: Chunk, rules: Rules) -> Checked:
    """Return the typed rows of a chunk that passed, and every row's verdict."""
    rows = len(chunk.row_numbers)
    verdicts = Verdicts(rows)
    delivered = rules.delivered(chunk)
    texts = {column.name: spelled(delivered, column, verdicts) for column in rules.columns}
    for column in (column for column in rules.columns if column.kind is not ColumnKind.LIST):
        _check_text(texts[column.name], column, verdicts, rules)
    typed: dict[str, pa.Array] = {}
    exponents = np.zeros(rows, np.int64)
    comes_back: Mask | None = None
    for column in sorted(rules.columns, key=_turn):
        text = texts[column.name]
        if rules.is_signed(column):
            text, comes_back = kinds.unsigned(text)
        if column.kind is ColumnKind.CURRENCY:
            typed[column.target], exponents = numbers.currencies(text, column.name, verdicts)
        elif column.kind in MONEY:
            money = rules.money(column)
            typed[column.target] = numbers.amounts(text, exponents, column.name, verdicts, money)
        elif column.kind in _DIRECTIONS:
            typed[column.target] = _direction(text, typed, comes_back, verdicts, rules)
        elif column.kind in TIMED:
            local = rules.local_times(column, delivered)
            now = rules.now if column.kind is ColumnKind.INSTANT else None
            typed[column.target] = times.instants(text, column.name, verdicts, local=local, now=now)
        else:
            typed[column.target] = _typed(text, column, verdicts, rules)
    contradictions.reject(typed, verdicts, rules.feed)
    table = pa.table(
        {
            **_place(chunk),
            **{column.target: typed[column.target] for column in rules.columns},
        }
    )
    return Checked(table.filter(pa.array(verdicts.passed)), verdicts)


def _turn(column: Column) -> int:
    """Return when a column is read: amounts after currencies, directions after signed numbers."""
    return 2 if column.kind in _DIRECTIONS else int(column.kind in MONEY)


def _direction(
    stated: pa.Array,
    typed: Mapping[str, pa.Array],
    comes_back: Mask | None,
    verdicts: Verdicts,
    rules: Rules,
) -> pa.Array:
    """Return the kind of each payment, the event of each line of an order, or each movement."""
    feed = rules.feed.declaration
    if event := feed.column_of(ColumnKind.EVENT):
        return sales_values.events(stated, comes_back, verdicts, event.name)
    if movement := feed.column_of(ColumnKind.MOVEMENT):
        return stock_values.movements(stated, comes_back, verdicts, movement.name)
    kind, amount = feed.column_of(ColumnKind.KIND), feed.column_of(ColumnKind.AMOUNT)
    if kind is None or amount is None:
        raise TypeError(f"{feed.name}: a kind needs an amount")
    return kinds.decide(
        stated,
        typed[amount.target],
        comes_back,
        verdicts,
        names=(kind.name, amount.name),
        allow_zero=rules.feed.allow_zero_amount,
    )


def _place(chunk: Chunk) -> dict[str, pa.Array]:
    """Return the place of each row in the file, and its lines where a row has more than one."""
    place = {"row_number": pa.array(chunk.row_numbers)}
    if (counts := chunk.line_counts) is not None:
        place["line_count"] = pa.array(counts)
    return place


def _check_text(text: pa.Array, column: Column, verdicts: Verdicts, rules: Rules) -> None:
    if column.is_required:
        missing = mask_of(pc.is_null(text))
        if column.kind is ColumnKind.ID:
            missing |= mask_of(pc.equal(pc.utf8_trim_whitespace(text), ""))
        is_label = column.name in rules.feed.declaration.stated_labels
        reason = RowReason.NOT_KNOWN_YET if is_label else RowReason.MISSING_VALUE
        verdicts.reject(missing, reason, column.name)
    if text.null_count == len(text):
        return
    longest = rules.limits.id_bytes if column.kind is ColumnKind.ID else rules.limits.field_bytes
    lengths = pc.binary_length(text)
    if pc.max(lengths).as_py() > longest:
        too_long = mask_of(pc.greater(lengths, longest))
        verdicts.reject(too_long, RowReason.FIELD_TOO_LONG, column.name)
    if column.kind in _FREE_TEXT:
        _check_free_text(text, column, verdicts, rules)
    elif column.kind in _WITH_DECIMALS:
        verdicts.reject(cards.numbers_above_one(text), RowReason.CARD_NUMBER, column.name)


def _check_free_text(text: pa.Array, column: Column, verdicts: Verdicts, rules: Rules) -> None:
    if _may_hold_control(text):
        verdicts.reject(matches(text, _CONTROL), RowReason.CONTROL_CHARACTER, column.name)
    described = rules.feed.description_of(column)
    # digests hold long numbers; the parts of a composite identifier were searched one by one
    is_made = described is not None and bool(described.generate or described.columns)
    if column.name not in rules.feed.numeric_id and not is_made:
        verdicts.reject(cards.card_numbers(text), RowReason.CARD_NUMBER, column.name)
    if column.kind is ColumnKind.ID:
        identifiers.reject(text, column.name, verdicts)


def _may_hold_control(text: pa.Array) -> bool:
    """Look at all bytes of a column at once; cheaper than a pattern for each value."""
    data = text.buffers()[2]
    if data is None:
        return False
    content = np.frombuffer(data, np.uint8)
    return bool(((content < 0x20) | (content == 0x7F)).any())


_READERS: Mapping[ColumnKind, Callable[[pa.Array, str, Verdicts], pa.Array]] = {
    ColumnKind.DATE: times.dates,
    ColumnKind.INTEGER: numbers.integers,
    ColumnKind.SHARE: numbers.shares,
    ColumnKind.RATE: numbers.rates,
    ColumnKind.FLAG: numbers.booleans,
    ColumnKind.PAST_DATE: times.past_dates,
    ColumnKind.COUNT: credit_values.counts,
    ColumnKind.PERCENT: credit_values.percentages,
    ColumnKind.SCORE: credit_values.scores,
    ColumnKind.TERM: credit_values.terms,
    ColumnKind.EMPLOYMENT: credit_values.employments,
    ColumnKind.QUANTITY: sales_values.quantities,
    ColumnKind.STOCK: stock_values.stocks,
    ColumnKind.DAYS: stock_values.durations,
    ColumnKind.WEEKDAYS: stock_values.weekdays,
    ColumnKind.COUNTRY: geography.countries,
    ColumnKind.TIME_ZONE: geography.time_zones,
    ColumnKind.LATITUDE: geography.latitudes,
    ColumnKind.LONGITUDE: geography.longitudes,
}


def _typed(text: pa.Array, column: Column, verdicts: Verdicts, rules: Rules) -> pa.Array:
    name = column.name
    if column.kind is ColumnKind.LIST:
        return _list(text, column, verdicts, rules)
    if column.kind is ColumnKind.PROVENANCE:
        known = mask_of(pc.is_in(text, pa.array(rules.provenances, TEXT)))
        strange = mask_of(pc.is_valid(text)) & ~known
        verdicts.reject(strange, RowReason.UNKNOWN_PROVENANCE, name)
    if column.kind is ColumnKind.OUTCOME:
        return credit_values.outcomes(text, name, verdicts, rules.feed.outcomes)
    if column.kind is ColumnKind.EXCEPTION:
        exceptions = rules.feed.policy_exceptions
        return credit_values.exceptions(text, name, verdicts, exceptions)
    read = _READERS.get(column.kind)
    return read(text, name, verdicts) if read else text


def _list(lists: pa.Array, column: Column, verdicts: Verdicts, rules: Rules) -> pa.Array:
    """Check the items of each list, and return Postgres' own form of an array.

    An item that means that there is no value is no item.
    """
    items = pc.list_flatten(lists)
    items = words.without(items, items, rules.feed.null_tokens)
    is_item = pc.is_valid(items)
    items = items.filter(is_item)
    parents = pc.list_parent_indices(lists).filter(is_item).to_numpy(zero_copy_only=False)
    judged = Verdicts(len(items))
    _check_text(items, column, judged, rules)
    bad_items, reasons, _ = judged.rejected()
    for reason in sorted(set(reasons)):
        row: Mask = np.zeros(len(lists), np.bool_)
        row[parents[bad_items[np.array(reasons) == reason]]] = True
        verdicts.reject(row, reason, column.name)
    if pa.types.is_string(lists.type.value_type):
        spelled = cards.card_numbers(pc.binary_join(lists, " "))  # one item after the other
        verdicts.reject(spelled, RowReason.CARD_NUMBER, column.name)
    escaped = pc.replace_substring(pc.replace_substring(items, "\\", "\\\\"), '"', '\\"')
    quoted = pc.binary_join_element_wise('"', escaped, '"', "")
    # an offset list cannot take new values; build it from lengths
    lengths = np.bincount(parents, minlength=len(lists))
    offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, quoted), ",")
    literal = pc.binary_join_element_wise("{", joined, "}", "")
    return pc.if_else(pc.is_valid(lists), literal, None)
