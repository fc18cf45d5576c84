"""Every spelling of a card number is found and masked, and honest text is unchanged."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.ingest import cards
from features.platform import card_numbers

ISSUERS = {
    **{"4": (13, 16, 19), "51": (16,), "55": (16,), "2221": (16,), "2720": (16,)},
    **{"34": (15,), "37": (15,), "305": (14,), "36": (14,), "6011": (16, 19), "65": (16,)},
    **{"3530": (16,), "3589": (16,), "62": (16, 17, 18, 19), "5018": (13, 16), "6759": (16, 19)},
}
ZEROS = [
    *(chr(n) for n in range(0x110000) if unicodedata.decimal(chr(n), -1) == 0),
    *("⁰", "₀"),
]
SEPARATORS = (
    *(" ", "\t", "\n", "\r\n", "\u00a0", "\u1680", "\u2007", "\u2009", "\u202f", "\u3000"),
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u20e3", "\ufe0f"),
    *("-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\ufe58"),
    *("\ufe63", "\uff0d", ".", "\u00b7", "\u2022", "\u2024", "\uff0e", "\u3002", ",", "\uff0c"),
    *("/", "\\", "\u2044", "_", "\uff3f", ":", ";", "|", "+", "*", "=", "~", "#", "'", '"', "!"),
    *(" - ", "--", "  ", " / ", "...", ", ", " \u200b "),
)
CONTEXTS = ("{}", "card{}x", "x {} y", "card no. {}, exp 12/29", "«{}»", "卡{}号", "-{}", "+{}.0")


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Draw the digits of a card number that an issuer might use."""
    prefix = draw(st.sampled_from(sorted(ISSUERS)))
    length = draw(st.sampled_from(ISSUERS[prefix]))
    digits = length - len(prefix) - 1
    body = prefix + draw(st.from_regex(rf"[0-9]{{{digits}}}", fullmatch=True))
    return next(body + d for d in "0123456789" if card_numbers.passes_luhn(body + d))


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a card number and one of its spellings."""
    number = draw(numbers())
    zeros = draw(st.lists(st.sampled_from(ZEROS), min_size=1, max_size=2))
    digits = [_in_script(digit, zeros[place % len(zeros)]) for place, digit in enumerate(number)]
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    separators = draw(st.lists(st.sampled_from(SEPARATORS), min_size=1, max_size=3))
    if draw(st.booleans()):
        return number, "".join(digits)
    spelled, place, group = "", 0, 0
    while place < len(digits):
        size = sizes[group % len(sizes)]
        spelled += separators[group % len(separators)] if place else ""
        spelled += "".join(digits[place : place + size])
        place, group = place + size, group + 1
    return number, spelled


def _in_script(digit: str, zero: str) -> str:
    if zero in "⁰₀":
        row = "⁰¹²³⁴⁵⁶⁷⁸⁹" if zero == "⁰" else "₀₁₂₃₄₅₆₇₈₉"
        return row[int(digit)]
    return chr(ord(zero) + int(digit))


def _digits(text: str) -> str:
    shown = unicodedata.normalize("NFKC", text)
    return "".join(str(d) for char in shown if (d := unicodedata.digit(char, -1)) >= 0)


@settings(max_examples=150, deadline=None)
@given(spellings(), st.sampled_from(CONTEXTS))
@example(("4111111111111111", "④①①①①①①①①①①①①①①①"), "{}")
@example(("4111111111111111", "4⑪⑪⑪⑪⑪⑪⑪1"), "{}")
@example(("4111111111111111", "0000004111111111111111"), "{}")
@example(("4111111111111111", "4.111111111111111e15"), "{}")
@example(("5105105105105100", "5.1051051051051E+15"), "{}")
def test_every_spelling_is_found_and_masked(spelling: tuple[str, str], context: str) -> None:
    number, spelled = spelling
    text = context.format(spelled)

    assert cards.card_numbers(pa.array(["plain", text, None, "plain"])).tolist() == [
        *(False, True, False, False)
    ]
    assert card_numbers.names_card_number(text)
    for masked in (cards.mask(text), card_numbers.mask_name(text), *cards.mask_all([text])):
        assert not cards.has_card_number(masked)
        assert number not in _digits(masked)
        assert len(masked) == len(text)
        assert masked.count("*") >= text.count("*") + 3


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.uuids().map(str),
        st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)).map(str),
        st.datetimes(datetime(2000, 1, 1)).map(lambda t: t.replace(year=2026).isoformat()),
        st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(
            lambda t: f"manual__{t.replace(tzinfo=UTC).isoformat()}"
        ),
        st.ip_addresses(v=4).map(str),
        st.decimals(0, 10**9, places=2).map(str),
        st.integers(0, 10**9).map("{:,}".format),
        st.integers(0, 10**12 - 1).map(str),
        st.from_regex(r"tx_[0-9]{1,12}", fullmatch=True),
        st.text(st.characters(categories=["L", "P", "Z"])),
    )
)
def test_honest_text_is_no_card_number(text: str) -> None:
    assert not cards.has_card_number(text)
    assert not card_numbers.names_card_number(text)
    assert cards.mask(text) == text == card_numbers.mask_name(text)


@settings(max_examples=50, deadline=None)
@given(numbers(), st.from_regex(r"[0-9]{5,12}", fullmatch=True))
def test_masking_a_row_leaves_its_other_fields_as_they_are(number: str, honest: str) -> None:
    row = f'{honest},"{number[:4]} {number[4:8]},{number[8:]}",{honest},2026-03-01T10:00:00Z'

    [masked] = cards.mask_all([row], delimiter=",")

    assert masked.startswith(f"{honest},")
    assert masked.endswith(f",{honest},2026-03-01T10:00:00Z")
    assert not cards.has_card_number(masked.split('"')[1])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(spellings().map(lambda pair: pair[1]), st.text()), max_size=8))
def test_the_test_by_columns_agrees_with_the_test_by_value(values: list[str]) -> None:
    by_column = cards.card_numbers(pa.array(values, pa.string())).tolist()

    assert by_column == [cards.has_card_number(value) for value in values]


@settings(max_examples=30, deadline=None)
@given(numbers())
def test_a_name_may_hold_a_time_a_digest_or_a_number_of_no_issuer(number: str) -> None:
    for name in (
        *("transactions_20261129100000.csv", "part-1764403200000-0001.parquet"),
        *("1764403200123456789.csv", f"case_{'a' + number:0<32}.jsonl", f"{'a' + number:0<64}"),
    ):
        assert not card_numbers.names_card_number(name)


def test_a_line_of_json_is_masked_and_stays_json() -> None:
    row = json.dumps({"device_id": "4111-1111-1111-1111", "amount": "12.50"})

    [masked] = cards.mask_all([row])

    assert json.loads(masked) == {"device_id": "4111-11**-****-1111", "amount": "12.50"}


def test_an_over_long_text_of_digits_is_masked_at_once() -> None:
    text = "4 1 " * 500_000 + "x"

    [masked] = cards.mask_all([text])

    assert masked == "* * " * 500_000 + "x"
    assert cards.card_numbers(pa.array([text, "x"])).tolist() == [True, False]
