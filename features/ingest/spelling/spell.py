"""Spell one canonical column: read its origin, then rewrite its text as its options say."""

from __future__ import annotations

import re
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.columns import AHEAD, DATED, MONEY, TIMED, Column, ColumnKind
from features.ingest import identifiers
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spelling import amounts, composites, measures, moments, words
from features.ingest.spelling.delivered import TEXT, TEXTS, Delivered
from features.ingest.verdicts import Verdicts
from features.sources.columns import SEPARATOR, ColumnDescription

_FLAGS = {ColumnKind.FLAG, ColumnKind.EXCEPTION}
_AHEAD = timedelta(days=3653)  # how far ahead a year of two digits may lie


def spelled(delivered: Delivered, column: Column, verdicts: Verdicts) -> pa.Array:
    """Return the canonical text of a column; null where the row has no value.

    Args:
        delivered: the delivered rows.
        column: the canonical column, with its description in the feed.
        verdicts: receives texts that the description does not allow.

    Raises:
        HeldError: the file's name lacks the value that the description takes from it.
    """
    feed = delivered.feed
    description = feed.description_of(column)
    if column.kind is ColumnKind.LIST:
        return _list(delivered, description)
    if description is None:
        return pa.nulls(delivered.rows, TEXT)
    signs = feed.amount_signs if column.kind in MONEY else ()
    if description.is_plain and not signs:
        return words.cleaned(delivered.text(description.column or ""), feed.null_tokens)
    texts = _origin(delivered, column, description, verdicts)
    if description.replace is not None:
        texts = words.replaced(texts, description.replace)
    if description.map is not None:
        texts = words.mapped(texts, column.name, verdicts, description.map, description.otherwise)
    if description.starts_with is not None:
        texts = words.started(texts, description.starts_with, description.otherwise)
    return _rewritten(texts, delivered, column, description, verdicts)


def zones(delivered: Delivered, column: Column) -> pa.Array | None:
    """Return the zone of each row of a column of times; None if the source has no such column."""
    description = delivered.feed.description_of(column)
    if description is None or description.zone is None or isinstance(description.zone, str):
        return None
    name = description.zone.column
    return words.cleaned(delivered.text(name), delivered.feed.null_tokens)


def _origin(
    delivered: Delivered, column: Column, description: ColumnDescription, verdicts: Verdicts
) -> pa.Array:
    """Return the text of a column at its origin."""
    if description.constant is not None:
        return delivered.repeated(description.constant)
    if description.generate is not None:
        return composites.content_hash(delivered)
    if description.file_name is not None:
        value = _of_file_name(delivered.file_name, description.file_name, column.name)
        return delivered.repeated(value)
    if description.from_amount is not None:
        return _of_amount(delivered, description)
    return _of_columns(delivered, column, description, verdicts)


def _of_columns(
    delivered: Delivered, column: Column, description: ColumnDescription, verdicts: Verdicts
) -> pa.Array:
    """Return the text of one delivered column, or the join, product or sum of several."""
    feed = delivered.feed
    names = description.read_from
    parts = [words.cleaned(delivered.text(name), feed.null_tokens, description) for name in names]
    if description.floats is not None:
        parts = [identifiers.whole(part, column.name, verdicts) for part in parts]
    if description.product is not None:
        return amounts.product(parts, column.name, verdicts, description, feed.amount_signs)
    if description.sum is not None:
        return amounts.total(parts, column.name, verdicts, description, feed.amount_signs)
    if description.columns is None:
        return parts[0]
    if column.kind in DATED:
        return pc.binary_join_element_wise(*parts, " ")
    if column.kind is ColumnKind.ID and column.name not in feed.numeric_id:
        kinds = feed.delivered_kinds  # a time or an amount may have a point
        is_text = [kinds[name] <= {ColumnKind.ID, ColumnKind.TEXT} for name in names]
        exact = [part for part, is_exact in zip(parts, is_text, strict=True) if is_exact]
        composites.reject_parts(exact, column.name, verdicts)
    return composites.joined(parts, description.separator or SEPARATOR)


def _rewritten(
    texts: pa.Array,
    delivered: Delivered,
    column: Column,
    description: ColumnDescription,
    verdicts: Verdicts,
) -> pa.Array:
    kind, name, feed = column.kind, column.name, delivered.feed
    if description.prefix is not None:
        return pc.binary_join_element_wise(description.prefix, texts, "")
    if description.matches is not None:
        return words.matched(texts, description.matches)
    if kind in _FLAGS and (description.true_words or description.false_words):
        return words.flags(texts, name, verdicts, description)
    if kind in MONEY:
        return amounts.canonical(texts, name, verdicts, description, feed.amount_signs)
    if description.format is not None:
        return _moments(texts, column, description, verdicts, delivered)
    return measures.canonical(texts, column, verdicts, description)


def _moments(
    texts: pa.Array,
    column: Column,
    description: ColumnDescription,
    verdicts: Verdicts,
    delivered: Delivered,
) -> pa.Array:
    form = description.format or ""
    if form.startswith("epoch_"):
        iso = moments.of_epoch(texts, column.name, verdicts, form=form, since=description.since)
    else:
        latest = delivered.now + _AHEAD if column.kind in AHEAD else delivered.now
        iso = moments.in_iso(texts, column.name, verdicts, form=form, latest=latest)
    return iso if column.kind in TIMED else moments.dates_of(iso)


def _of_amount(delivered: Delivered, description: ColumnDescription) -> pa.Array:
    """Return the currencies whose signs are written with the first amount of the feed."""
    feed, meanings = delivered.feed, description.from_amount or {}
    money = next(column for column in feed.declaration.columns if column.kind in MONEY)
    amount = feed.columns.get(money.name)
    texts = delivered.text(amount.delivered[0] if amount and amount.delivered else "")
    place = pc.index_in(amounts.signs_of(texts, list(meanings)), pa.array(list(meanings), TEXT))
    found = pa.array(list(meanings.values()), TEXT).take(place)
    if description.otherwise is None:
        return found
    return pc.if_else(pc.is_valid(texts), pc.fill_null(found, description.otherwise), found)


def _of_file_name(file_name: str, pattern: str, column: str) -> str:
    found = re.search(pattern, file_name)
    if found is None or found[1] is None:
        raise HeldError(
            HoldReason.NAME_WITHOUT_VALUE,
            f"{column} is part of the file's name, and the name does not have it: rename the file, "
            f"or change columns.{column}.file_name",
        )
    return found[1]


def _list(delivered: Delivered, description: ColumnDescription | None) -> pa.Array:
    """Return a column of lists; the text of a file without lists is split."""
    feed = delivered.feed
    if description is None:
        return pa.nulls(delivered.rows, TEXTS)
    if description.constant is not None or description.file_name is not None:
        value = description.constant
        if description.file_name is not None:
            value = _of_file_name(delivered.file_name, description.file_name, "list")
        return pc.split_pattern(delivered.repeated(value), feed.list_separator)
    column = delivered.columns.get(description.column or "")
    if column is None:
        return pa.nulls(delivered.rows, TEXTS)
    if column.type == TEXTS:
        return column
    texts = words.cleaned(column, feed.null_tokens, description)
    return pc.split_pattern(texts, feed.list_separator)
