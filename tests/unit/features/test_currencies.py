"""Each currency has the exponent of ISO 4217.

A wrong exponent is a wrong amount by a factor of ten.
"""

from __future__ import annotations

import pytest

from features.platform.currencies import EXPONENTS, MAX_EXPONENT, exponent


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("CLF", 4),
        ("ISK", 0),
    ],
)
def test_a_currency_has_the_exponent_of_iso_4217(code: str, digits: int) -> None:
    assert exponent(code) == digits


def test_an_unknown_code_has_no_exponent() -> None:
    with pytest.raises(KeyError):
        exponent("XQZ")


def test_the_table_is_complete() -> None:
    assert len(EXPONENTS) >= 164
    assert all(len(code) == 3 and code.isupper() for code in EXPONENTS)
    assert set(EXPONENTS.values()) == {0, 2, 3, 4}
    assert max(EXPONENTS.values()) == MAX_EXPONENT
