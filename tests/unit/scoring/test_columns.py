"""A delivered column that is not used has a reason, and the order can change the choice."""

from __future__ import annotations

import numpy as np
import pytest

from features.platform.errors import ConfigurationError
from scoring.models import card
from scoring.models.columns import IS_DROPPED, Choice, choose
from scoring.models.labelled_rows import LabelledRows
from scoring.runs.training_order import TrainingOrder

ROWS = 100


def rows() -> LabelledRows:
    """Return columns that vary, hold one value, are missing lately, or were never delivered."""
    varying = np.arange(ROWS, dtype=float)
    fico = np.where(varying < 70, varying, np.nan)
    late = np.where(varying < 70, varying, 1.0)
    columns = [varying, np.ones(ROWS), fico, late, np.full(ROWS, np.nan)]
    names = ("amount", "constant", "fico_low", "late", "never")
    return LabelledRows(names, np.column_stack(columns))


def test_each_delivered_column_is_used_or_has_a_reason() -> None:
    choice = choose(rows(), TrainingOrder())

    assert choice.used == ("amount",)
    assert set(choice.unused) == {"constant", "fico_low", "late"}
    assert choice.unused["constant"] == "holds one value in all rows"
    assert "missing in the newest quarter" in choice.unused["fico_low"]
    assert "one value in the newest quarter" in choice.unused["late"]


def test_the_order_keeps_and_drops_columns() -> None:
    choice = choose(rows(), TrainingOrder(keep=("fico_low", "constant"), drop=("amount",)))

    assert choice.used == ("fico_low",)
    assert choice.kept == ("fico_low",)
    assert choice.unused["amount"] == "left out by the order (drop)"
    assert choice.unused["constant"] == "holds one value in all rows"


def test_the_orders_own_wishes_go_before_the_settings() -> None:
    standing = TrainingOrder(keep=("fico_low", "other"), drop=("amount",))

    order = TrainingOrder(keep=("amount",)).completed(standing, ("amount", "fico_low"))

    assert order.keep == ("amount", "fico_low")  # a column of another job is not named
    assert order.drop == ()


def test_an_unknown_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match="did you mean fico_low"):
        TrainingOrder(keep=("fico_lo",)).check_columns(["amount", "fico_low"])


def test_the_notes_name_each_column_with_its_reason() -> None:
    choice = Choice(("amount",), {"fico_low": "is missing"}, ("amount",))

    assert card.notes(choice) == [
        "column fico_low is not used: it is missing",
        "column amount is used because the order keeps it",
    ]


def test_columns_that_share_a_reason_share_a_note() -> None:
    unused = {"a": "is missing", "b": "holds one value", "c": "is missing", "d": IS_DROPPED}

    assert card.notes(Choice(("amount",), unused)) == [
        "2 columns are not used, since each is missing: a, c",
        "column b is not used: it holds one value",
        "column d is not used: it is left out by the order (drop)",
    ]
