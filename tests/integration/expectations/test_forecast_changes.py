"""A night that moves the forecasts of most products since the night before stops its run."""

from __future__ import annotations

import pytest

from expectations.errors import GateFailedError
from expectations.validation import Check, Validation, Verdict
from tests.forecasts import PROMOTED
from tests.integration.expectations.demand_tables import EARLIER, SUITE
from tests.integration.expectations.tables import SAMPLES, Gate

WORDS = "has moved much since the night before"


def earlier(moved: int, factor: float = 2.0) -> str:
    """Return the statement that publishes the night before."""
    return "delete from marts.feat_demand;" + EARLIER.format(moved=moved, factor=factor)


def promoted(products: int) -> str:
    """Return the statement that announces promotions of the first products on the night."""
    condition = f"substr(product_id, 2)::int <= {products}"
    return PROMOTED.format(table="scored.sample", condition=condition)


def checks(validation: Validation) -> list[Check]:
    """Return the checks of the change."""
    return [check for check in validation.expectations if WORDS in check.words]


@pytest.mark.parametrize("moved", [0, 30])
def test_a_night_that_moves_few_products_passes(suite_gate: Gate, moved: int) -> None:
    validation = suite_gate(SAMPLES[SUITE], earlier(moved))

    assert validation.verdict is Verdict.PASSED
    # a product without units before and now has not moved
    shares = [moved - moved // 9] * 2
    assert [round((check.observed or 0) * 200) for check in checks(validation)] == shares


def test_a_night_that_moves_many_products_warns(suite_gate: Gate) -> None:
    validation = suite_gate(SAMPLES[SUITE], earlier(100))

    assert validation.verdict is Verdict.WARNED


def test_a_night_that_moves_most_products_stops_the_run(suite_gate: Gate) -> None:
    with pytest.raises(GateFailedError, match=WORDS):
        suite_gate(SAMPLES[SUITE], earlier(180))


def test_a_promotion_of_the_whole_store_stops_no_run(suite_gate: Gate) -> None:
    validation = suite_gate(SAMPLES[SUITE], earlier(200), promoted(200))

    assert validation.verdict is Verdict.PASSED


def test_a_promotion_of_some_products_hides_no_move_of_the_others(suite_gate: Gate) -> None:
    with pytest.raises(GateFailedError, match=WORDS):
        suite_gate(SAMPLES[SUITE], earlier(200), promoted(100))


@pytest.mark.parametrize("factor", [1.15, 0.9])
def test_a_small_move_of_all_products_passes(suite_gate: Gate, factor: float) -> None:
    assert suite_gate(SAMPLES[SUITE], earlier(200, factor)).verdict is Verdict.PASSED


def test_without_a_night_before_the_gate_passes(suite_gate: Gate) -> None:
    validation = suite_gate(SAMPLES[SUITE], "delete from decisions.demand_forecasts")

    assert validation.verdict is Verdict.PASSED
    assert [check.observed for check in checks(validation)] == [0, 0]


def test_the_newest_revision_of_the_night_before_counts(suite_gate: Gate) -> None:
    revised = (
        "insert into decisions.demand_forecasts select (jsonb_populate_record(ledger,"
        " to_jsonb(ledger) || jsonb_build_object('revision', 1,"
        " 'expected_units', expected_units / 2, 'mean_units', array_fill("
        "mean_units[1] / 2, array[28])))).* from decisions.demand_forecasts as ledger"
    )

    validation = suite_gate(SAMPLES[SUITE], earlier(200), revised)

    assert validation.verdict is Verdict.PASSED


def test_a_run_of_few_series_has_no_check_of_the_change(suite_gate: Gate) -> None:
    validation = suite_gate(SAMPLES[SUITE], earlier(50), rows=50)

    assert checks(validation) == []
