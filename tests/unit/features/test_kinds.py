"""The kind of a transaction: stated, or derived from the sign and from zero."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.ingest.kinds import decide, unsigned
from features.ingest.verdicts import Verdicts


def kind_of(
    stated: str | None,
    amount: str,
    *,
    signed: bool = True,
    allow_zero: bool = False,
) -> str:
    """Return the kind of one row, or the reason of its rejection."""
    verdicts = Verdicts(1)
    texts, comes_back = unsigned(pa.array([amount]))
    kinds = decide(
        pa.array([stated], pa.string()),
        pa.array([round(float(texts[0].as_py()) * 100)], pa.int64()),
        comes_back if signed else None,
        verdicts,
        names=("kind", "amount"),
        allow_zero=allow_zero,
    )
    _, reasons, _ = verdicts.rejected()
    return str(reasons[0]) if reasons else str(kinds[0].as_py())


def test_a_row_without_sign_and_kind_is_a_purchase() -> None:
    assert kind_of(None, "12.30", signed=False) == "purchase"


def test_money_that_comes_back_is_a_refund() -> None:
    assert kind_of(None, "12.30") == "purchase"
    assert kind_of(None, "-12.30") == "refund"


def test_a_zero_is_a_check_where_zeros_are_allowed() -> None:
    assert kind_of(None, "0.00", allow_zero=True) == "check"
    assert kind_of(None, "-0.00", allow_zero=True) == "check"
    assert kind_of(None, "0.00") == "amount_not_positive"


def test_a_stated_check_may_cost_nothing_in_every_source() -> None:
    assert kind_of("check", "0") == "check"
    assert kind_of("refund", "0") == "amount_not_positive"
    assert kind_of("purchase", "0", allow_zero=True) == "purchase"


@pytest.mark.parametrize(
    ("stated", "amount", "kind"),
    [
        ("purchase", "-1", "kind_against_sign"),
        ("refund", "1", "kind_against_sign"),
        ("refund", "-1", "refund"),
        ("reversal", "1", "reversal"),
        ("reversal", "-1", "reversal"),
        ("check", "1", "check"),
    ],
)
def test_a_stated_kind_must_fit_the_sign(stated: str, amount: str, kind: str) -> None:
    assert kind_of(stated, amount) == kind


def test_a_stated_kind_needs_no_sign() -> None:
    assert kind_of("refund", "12.30", signed=False) == "refund"


def test_a_word_outside_the_vocabulary_rejects_the_row() -> None:
    assert kind_of("Refund", "1") == "unknown_kind"
