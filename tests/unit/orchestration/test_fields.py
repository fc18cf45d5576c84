"""A form refuses values that no file, database or reader could hold."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.platform.errors import ConfigurationError
from orchestration import fields

UNREADABLE = ["", " \t", "\u00a0", "\u200b\u2060", "a\0b", "a\x07", "a\u2028b", "\ud800", "a\nb"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("value", "text"), [("A-7", "A-7"), (1007, "1007"), ("a b", "a b")])
def test_an_identifier_is_text_or_a_whole_number(value: object, text: str) -> None:
    assert fields.identifier("id", value) == text


@pytest.mark.parametrize(
    "value",
    [
        *(True, False, 1.5, 1.0, float("nan"), float("inf"), None, [], ["a"], {}, {"a": 1}, 2**63),
        *UNREADABLE,
        *("x" * 300, "é" * 200, " a", "a ", "a\u00a0", "a\u200bb", "\ufeffa"),
    ],
    ids=ascii,
)
def test_other_values_are_no_identifier_and_the_message_names_only_the_field(
    value: object,
) -> None:
    with pytest.raises(ConfigurationError, match=r"^restate_ids, item 3 ") as caught:
        fields.identifier("restate_ids, item 3", value)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [*UNREADABLE, "x" * 101, None, 5, True, ["ann"]], ids=ascii)
def test_a_text_is_readable_and_short_enough(value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^person "):
        fields.text("person", value, 100)


@pytest.mark.parametrize("value", ["ann", "Ægir Þórsson", "محمد", "👩\u200d💻 on call"])
def test_a_name_of_any_script_is_readable(value: str) -> None:
    assert fields.text("person", value, 100) == value


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T05:00:00Z",
        "2026-11-21t05:00:00z",
        "2026-11-21 05:00Z",
        "2026-11-21T07:00:00.000+02:00",
        "2026-11-21T00:00:00-05:00",
    ],
)
def test_a_moment_has_a_date_a_time_and_a_zone(value: str) -> None:
    assert fields.moment("start", value) == datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *("", "yesterday", "2026-W48", "2026-W48-1T05:00:00Z", "2026-325", "20261121T050000Z"),
        *("2026-11-21", "2026-11-21T05:00:00", "2026-11-21T05Z", "2026-11-21T05:00:00 Z"),
        *("2026-11-21T05:00:60Z", "2026-11-21T24:00:00Z", "2026-02-30T05:00:00Z"),
        *("2026-11-21T05:00:00+25:00", "2026-11-21T05:00:00+0200", "2026-11-21T05:00:00,5Z"),
        *("2026-11-21T05:00:00.0000001Z", "0000-01-01T00:00:00Z", "12026-11-21T05:00:00Z"),
        *("0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "２０２６-11-21T05:00:00Z"),
        *("2026-11-21T05:00:00Z\0", "2026-11-21T05:00:00Z\n", "2026-11-21T05:00:00\ud800"),
        *(5, 1764000000, True, None, [], {}, 1.5),
    ],
    ids=ascii,
)
def test_other_values_are_no_moment(value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^start is .*; write it as 2026-11-21T10:00:00Z"):
        fields.moment("start", value)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, [1], -1, 745, 10**400])
def test_a_whole_number_stays_within_its_bounds(value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^windows is .* 0 to 744$"):
        fields.whole("windows", value, 0, 744)


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"a": "\0"}, "NUL"),
        ({"\0": "a"}, "NUL"),
        (["\ud800"], "surrogate"),
        ({"a": [{"b": "\udfff"}]}, "surrogate"),
        (float("nan"), "not finite"),
        (json.loads("1e400"), "not finite"),
        (9e300, "64 bits"),
        (2**63, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        (_nested(5000), "nested"),
    ],
    ids=range(10),
)
def test_a_value_that_no_database_can_hold_is_named(value: object, wrong: str) -> None:
    assert wrong in (fields.flaw(value) or "")


@given(ANYTHING)
def test_an_accepted_value_survives_a_round_trip_through_json(value: object) -> None:
    if fields.flaw(value) is None:
        assert json.loads(json.dumps(value).encode()) == value


@given(ANYTHING)
def test_every_value_is_accepted_or_refused_in_words(value: object) -> None:
    for check, kind in ((fields.identifier, str), (fields.moment, datetime)):
        with suppress(ConfigurationError):
            assert isinstance(check("field", value), kind)
