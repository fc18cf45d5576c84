"""Suggest the key of a description that changes the verdict on rejected rows; pure.

A suggestion names the key and, if the rejected texts show it, its value. It never contains a value
of a row: only marks, formats and words of a fixed list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
from pydantic import ValidationError

from features.feeds.columns import MONEY, Column, ColumnKind
from features.ingest.guesses import formats, marks
from features.ingest.guesses.words import flag_words, null_words
from features.ingest.reasons import RowReason
from features.ingest.spelling.decimals import Form, plain
from features.sources.columns import ColumnDescription
from features.sources.mapping import SourceFeed

_Suggest = Callable[[str, Sequence[str], SourceFeed], str | None]


def remedy(reason: RowReason, column: str, samples: Sequence[str], feed: SourceFeed) -> str | None:
    """Return the key, with its value if the samples show it, that would accept rejected rows.

    Args:
        reason: of the rejection.
        column: canonical name of the column; empty for a reason about the whole row.
        samples: some rejected texts as delivered; may be empty.
        feed: the feed as described now.

    Returns:
        a sentence such as `add currency_sign: "$" to columns.amount`, or None if no key changes
        the verdict.
    """
    texts = [text for text in samples if text]
    tokens = null_words(texts)
    if tokens and reason in _OF_VALUES:
        return _add(column, f"null_tokens: {_listed(tokens)}")
    if suggest := _SUGGESTIONS.get(reason):
        return suggest(column, texts, feed)
    if reason not in _KEYS:
        return None
    return _KEYS[reason].format(column=column, subject=feed.declaration.subject.name)


def _add(column: str, keys: str) -> str:
    return f"add `{keys}` to columns.{column}"


def _listed(words: Sequence[str]) -> str:
    return f"[{', '.join(f'{chr(34)}{word}{chr(34)}' for word in words)}]"


def _number(column: str, samples: Sequence[str], feed: SourceFeed) -> str:
    """Suggest the marks of numbers: signs, thousands, decimal comma, negatives, exponents."""
    kind = _kind(column, feed)
    described = _description(column, feed)
    keys = marks.keys_of(samples, is_money=kind in MONEY)
    new = {key: value for key, value in keys.items() if not _states(described, key, value)}
    if new and _accepts(samples, described, new):
        return _add(column, ", ".join(f"{key}: {value.yaml}" for key, value in new.items()))
    if kind in MONEY:
        return (
            f"see currency_sign, thousands, decimal, negative, exponents and null_tokens of "
            f"columns.{column}"
        )
    return f"see decimal, thousands, unit and null_tokens of columns.{column}"


def _accepts(
    samples: Sequence[str], described: ColumnDescription | None, keys: Mapping[str, marks.Value]
) -> bool:
    """Return whether most samples are numbers under a description with more keys."""
    stated = described.model_dump(exclude_none=True) if described else {"column": "x"}
    for key, value in keys.items():
        if isinstance(value.value, tuple):
            stated[key] = (*stated.get(key, ()), *value.value)
        else:
            stated[key] = value.value
    try:
        form = Form.of(ColumnDescription.model_validate(stated))
    except ValidationError:  # the keys contradict those of the description
        return False
    _, good = plain(pa.array(samples, pa.string()), form)
    return bool(good.mean() > 0.5)


def _states(described: ColumnDescription | None, key: str, value: marks.Value) -> bool:
    stated = getattr(described, key, None)
    if isinstance(value.value, tuple):
        return set(value.value) <= set(stated or ())
    return bool(stated == value.value)


def _sign(column: str, samples: Sequence[str], feed: SourceFeed) -> str | None:
    if _kind(column, feed) is ColumnKind.BALANCE:
        return None  # a price below zero means nothing that a key could say
    is_zero = [bool(re.fullmatch(r"[^1-9]*", text)) for text in samples]
    if samples and all(is_zero):
        return "add `allow_zero_amount: true` to the feed"
    negative = (
        f"add `sign: debit_negative` to columns.{column} if purchases are negative, or "
        "`sign: credit_negative` if refunds are"
    )
    return negative if samples else f"{negative}; zeros need allow_zero_amount of the feed"


def _quantity(column: str, samples: Sequence[str], feed: SourceFeed) -> str | None:
    if any(text.startswith("-") for text in samples):
        if feed.declaration.column_of(ColumnKind.EVENT):
            return _add(column, "sign: returns_negative")
        if feed.declaration.column_of(ColumnKind.MOVEMENT):
            return _add(column, "sign: outgoing_negative")
        return None
    is_zero = [bool(re.fullmatch(r"[^1-9]*", text)) for text in samples]
    return None if samples and all(is_zero) else _number(column, samples, feed)


def _currency(column: str, samples: Sequence[str], _feed: SourceFeed) -> str:
    if signs := [text for text in dict.fromkeys(samples) if text in marks.CURRENCIES]:
        meanings = ", ".join(f'"{sign}": {marks.CURRENCIES[sign]}' for sign in signs)
        return _add(column, f"map: {{{meanings}}}")
    return f"add `replace: {{code: code of ISO 4217}}` to columns.{column}"


def _time(column: str, samples: Sequence[str], _feed: SourceFeed) -> str:
    found = formats.formats_of(samples)
    if not found:
        return f"state `format` at columns.{column}, such as %d.%m.%Y %H:%M or epoch_seconds"
    first, *others = found
    other = f', or `format: "{others[0]}"`' if others else ""
    return f"{_add(column, f'format: {chr(34)}{first}{chr(34)}')}{other}"


def _flag(column: str, samples: Sequence[str], feed: SourceFeed) -> str:
    described = _description(column, feed)
    where = f"columns.{column}" if column in feed.columns else "inline_label"
    true, false = flag_words(samples)
    true = [word for word in true if not described or word not in (described.true_words or ())]
    keys = [f"true_words: {_listed(true)}"] if true else []
    keys += [f"false_words: {_listed(false)}"] if false else []
    if keys:
        return f"add `{', '.join(keys)}` to {where}"
    return f"state true_words and false_words at {where}"


def _share(column: str, samples: Sequence[str], feed: SourceFeed) -> str:
    plain_numbers = [re.fullmatch(r"\d+(?:\.\d+)? ?%?", text) for text in samples]
    if samples and all(plain_numbers):
        return _add(column, "unit: percent")
    return _number(column, samples, feed)


def _term(column: str, samples: Sequence[str], _feed: SourceFeed) -> str:
    is_years = any("y" in text.lower() for text in samples)
    return _add(column, "unit: years" if is_years else "unit: months")


def _integer(column: str, samples: Sequence[str], feed: SourceFeed) -> str:
    if samples and not any(re.search(r"\d", text) for text in samples):
        return f"add a `map` of the delivered words to numbers to columns.{column}"
    return _number(column, samples, feed)


def _description(column: str, feed: SourceFeed) -> ColumnDescription | None:
    canonical = _column(column, feed)
    return feed.description_of(canonical) if canonical else None


def _kind(column: str, feed: SourceFeed) -> ColumnKind | None:
    canonical = _column(column, feed)
    return canonical.kind if canonical else None


def _column(column: str, feed: SourceFeed) -> Column | None:
    return next((each for each in feed.landed_columns if each.name == column), None)


_SUGGESTIONS: Mapping[RowReason, _Suggest] = {
    RowReason.AMOUNT_NOT_A_NUMBER: _number,
    RowReason.AMOUNT_NOT_POSITIVE: _sign,
    RowReason.NOT_A_QUANTITY: _quantity,
    RowReason.NOT_A_STOCK: _number,
    RowReason.NOT_A_DURATION: _number,
    RowReason.UNKNOWN_CURRENCY: _currency,
    RowReason.TIMESTAMP_NOT_A_TIME: _time,
    RowReason.DATE_NOT_IN_FORMAT: _time,
    RowReason.NOT_A_NUMBER: _number,
    RowReason.NOT_A_SHARE: _share,
    RowReason.NOT_A_PERCENTAGE: _number,
    RowReason.NOT_A_LATITUDE: _number,
    RowReason.NOT_A_LONGITUDE: _number,
    RowReason.RATE_OUT_OF_RANGE: _number,
    RowReason.NOT_AN_INTEGER: _integer,
    RowReason.NOT_A_COUNT: _integer,
    RowReason.NOT_A_TERM: _term,
    RowReason.NOT_AN_EMPLOYMENT: _term,
    RowReason.NOT_A_BOOLEAN: _flag,
}
#: The keys of verdicts that the texts do not explain.
_KEYS: Mapping[RowReason, str] = {
    RowReason.WRONG_FIELD_COUNT: "see csv.delimiter and csv.quoting of the source",
    RowReason.MISSING_VALUE: (
        "each row needs it: see null_tokens, or give all rows one value with "
        "`columns.{column}: {{constant: …}}`; to go without these rows, raise "
        "`tolerated_bad_share` of the feed"
    ),
    RowReason.CARD_NUMBER: (
        "if its values are no card numbers, add `{column}` to `numeric_id` of the feed"
    ),
    RowReason.INVISIBLE_CHARACTER: "add `trim: true` to columns.{column}",
    RowReason.IDENTIFIER_IN_FLOAT_NOTATION: (
        "export identifiers as text, or add `floats: whole` to columns.{column} where each has at "
        "most 15 digits; no key restores rounded digits"
    ),
    RowReason.AMOUNT_TOO_LARGE: "if amounts are cents, add `unit: minor` to columns.{column}",
    RowReason.AMOUNT_TOO_PRECISE: (
        "add `rounding: binary` to columns.{column}, which rounds to the minor unit"
    ),
    RowReason.TIMESTAMP_WITHOUT_ZONE: (
        "add `zone` to columns.{column}, such as `zone: Europe/Vienna`, or `time_zone` to the "
        "source"
    ),
    RowReason.TIMESTAMP_IN_FUTURE: (
        "see zone, and the order of day and month in format of columns.{column}"
    ),
    RowReason.UNKNOWN_ZONE: "state one `zone` for all rows at columns.{column}",
    RowReason.TIME_EXISTS_TWICE: "state `ambiguous: earliest` or `latest` at columns.{column}",
    RowReason.TIME_DOES_NOT_EXIST: "state `nonexistent: shift_forward` at columns.{column}",
    RowReason.NOT_IN_MAP: (
        "add the delivered words to `map` of columns.{column}, or state `otherwise`"
    ),
    RowReason.NOT_A_CREDIT_SCORE: (
        "state the bureau's codes for no score as `null_tokens` at columns.{column}"
    ),
    RowReason.KIND_AGAINST_SIGN: (
        "correct `map` of columns.kind, or leave `kind` out: the sign of the amount then says what "
        "is a refund"
    ),
    RowReason.UNKNOWN_EVENT: (
        "state at columns.{column} what each text means: sale, return or cancellation, by `map` or "
        "`starts_with`"
    ),
    RowReason.EVENT_AGAINST_SIGN: (
        "correct `map` or `starts_with` of columns.{column}, or leave it out: the sign of the "
        "quantity then says what comes back"
    ),
    RowReason.UNKNOWN_MOVEMENT: (
        "state at columns.{column} what each text means: receipt, sale, return, transfer or "
        "write_off, by `map` or `starts_with`"
    ),
    RowReason.MOVEMENT_AGAINST_SIGN: (
        "correct `map` or `starts_with` of columns.{column}: pieces of a sale and a write_off "
        "leave, those of a receipt and a return come"
    ),
    RowReason.NOT_WEEKDAYS: (
        "add `map` of the delivered words to weekdays such as mon thu to columns.{column}, or "
        "`null_tokens` for those that mean every day"
    ),
    RowReason.TRANSFER_WITHOUT_DESTINATION: (
        "describe columns.{column}, or state at columns.movement another movement for these rows"
    ),
    RowReason.DESTINATION_WITHOUT_TRANSFER: (
        "correct `map` of columns.movement, or add the texts that mean no location to "
        "`null_tokens` of columns.{column}"
    ),
    RowReason.STARTS_AFTER_END: (
        "see the order of day and month in `format` of columns.starts_on and columns.ends_on"
    ),
    RowReason.ORDERED_AFTER_EXPECTED: (
        "see `format` and `zone` of columns.ordered_at and columns.expected_at, and `null_tokens` "
        "of the latter"
    ),
    RowReason.ORDERED_AFTER_RECEIVED: (
        "see `format` and `zone` of columns.ordered_at and columns.received_at, and `null_tokens` "
        "of the latter"
    ),
    RowReason.UNKNOWN_PROVENANCE: "add it to provenance_rank of the source, or state `map`",
    RowReason.UNKNOWN_OUTCOME: "add the delivered outcomes to outcomes of the feed",
    RowReason.CONFLICTING_CONTENT: (
        "make the key of more columns: `{subject}: {{columns: [first, second]}}`, or state "
        "`{subject}: {{generate: content_hash}}`"
    ),
}
#: The reasons about a value, which a text for "no value" may have.
_OF_VALUES = frozenset(_SUGGESTIONS) | {RowReason.NOT_A_CREDIT_SCORE, RowReason.NOT_IN_MAP}
