"""A description that makes no sense is refused, with the key and the keys that fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from features.platform.errors import ConfigurationError
from features.sources.removed_keys import REMOVED
from tests.unit.features.spelling.shop import described

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "two origins": (
        {"amount": {"column": "a", "constant": "1"}},
        "has column and constant; give ex",
    ),
    "no origin": ({"amount": {"unit": "minor"}}, "has no origin; give exactly one of column,"),
    "an unknown key": (
        {"amount": {"column": "a", "units": "minor"}},
        "permitted; did you mean `unit`?",
    ),
    "a zone of an amount": (
        {"amount": {"column": "a", "zone": "UTC"}},
        "amount: zone: does not fit amount, a column of kind amount; origins are column, product,",
    ),
    "words of a number": ({"amount": {"column": "a", "true_words": "x"}}, "does not fit amount"),
    "a product of ids": ({"customer_id": {"product": ["a", "b"]}}, "origins are column, columns"),
    "a map of flags": (
        {"is_high_value": {"column": "a", "map": {"x": "y"}}},
        "true_words and false_words say what each text means",
    ),
    "a replacement beside a map": (
        {"channel": {"column": "a", "map": {"x": "y"}, "replace": {"x": "z"}}},
        "replace: map already says what each text means",
    ),
    "a hash that is no key": (
        {"customer_id": {"generate": "content_hash"}},
        "only the key of a feed can be generated",
    ),
    "a unit of another kind": (
        {"amount": {"column": "a", "unit": "percent"}},
        "unit: percent does not fit kind amount; write major or minor",
    ),
    "a format without a year": (
        {"timestamp": {"column": "a", "format": "%H:%M"}},
        "needs one year",
    ),
    "an hour without its half": (
        {"timestamp": {"column": "a", "format": "%Y-%m-%d %I:%M"}},
        "%I and %p only go together",
    ),
    "a directive of other programs": (
        {"timestamp": {"column": "a", "format": "%F %T"}},
        "has %F: use %Y-%m-%d",
    ),
    "the name of a zone in a format": (
        {"timestamp": {"column": "a", "format": "%Y-%m-%d %Z"}},
        "state zone",
    ),
    "an unknown epoch": (
        {"timestamp": {"column": "a", "format": "epoch_weeks"}},
        "is no unit: use",
    ),
    "a start without an epoch": (
        {"timestamp": {"column": "a", "format": "%Y-%m-%d", "since": "2025-01-01T00:00:00Z"}},
        "only an epoch format counts",
    ),
    "an unknown zone": (
        {"timestamp": {"column": "a", "zone": "Mars"}},
        "'Mars' is not a time zone",
    ),
    "equal marks": ({"amount": {"column": "a", "thousands": "."}}, "'.' is the decimal mark"),
    "a separator that escapes": (
        {"transaction_id": {"columns": ["a", "b"], "separator": "\\"}},
        "a backslash escapes the separator",
    ),
    "a separator of one column": (
        {"transaction_id": {"column": "a", "separator": "-"}},
        "separator: only goes with columns",
    ),
    "a default without a map": (
        {"channel": {"column": "a", "otherwise": "x"}},
        "otherwise: only goes with map or starts_with or from_amount",
    ),
    "a word that means both": (
        {"is_high_value": {"column": "a", "true_words": ["J"], "false_words": ["j"]}},
        "also in true_words: j",
    ),
    "a pattern without a group": ({"timestamp": {"file_name": r"\d+"}}, "has 0 groups"),
    "a pattern that is none": ({"timestamp": {"file_name": "("}}, "is no regular expression"),
    "an unknown currency": ({"currency": {"from_amount": {"$": "XQZ"}}}, "'XQZ' is not ISO 4217"),
    "a refused part of an id": ({"transaction_id": {"columns": ["a", "leak"]}}, "refused: leak"),
}


@pytest.mark.parametrize(("columns", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_column_is_refused_with_its_key(
    tmp_path: Path, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        described(tmp_path, columns, refused=["leak"])

    assert message in str(caught.value)


@pytest.mark.parametrize("key", REMOVED)
def test_a_key_of_an_earlier_version_is_refused_with_its_new_spelling(
    tmp_path: Path, key: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        described(tmp_path, None, **{key: "x"})

    assert f"feeds.transactions.{key}: is no key any more; write " in str(caught.value)
    assert "shop.yaml: line " in str(caught.value)


@pytest.mark.parametrize(
    ("latency", "message"),
    [({"bank": "30d", "analyst": "1d"}, "latency: only transaction_labels"), ("7w", "such as 7d")],
)
def test_only_labels_have_a_delay_by_provenance(
    tmp_path: Path, latency: object, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        described(tmp_path, latency=latency)
