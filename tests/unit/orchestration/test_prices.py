"""The form of the estimation becomes a moment and a merchant; failed merchants fail the task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from features.platform.errors import ConfigurationError, ContractError
from orchestration import prices
from scoring.pricing import estimation
from scoring.pricing.estimation import Outcome, Receipt, State
from tests.unit.orchestration.test_run_request import context

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
GOOD = Outcome("good", State.ESTIMATED, 8, 7, 5, 1.0)
BAD = Outcome("bad", State.FAILED, 8, cause="ContractError: no finite numbers")


def returning(monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome) -> None:
    """Give the task an estimation that ended."""
    receipt = Receipt(MOMENT, list(outcomes))
    # a real estimation needs a warehouse; its receipt is all that the task sees
    monkeypatch.setattr(estimation, "estimate", lambda *_, **__: receipt)


def test_an_empty_form_takes_the_moment_at_which_the_run_was_due() -> None:
    run = context()

    assert prices.order(run) == (run["dag_run"].run_after.astimezone(UTC), None)


def test_a_form_names_moment_and_merchant() -> None:
    form = {"as_of": "2026-11-01T00:00:00Z", "merchant": "shop/1"}

    assert prices.order(context(**form)) == (MOMENT, "shop/1")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"as_of": "2197-01-01T00:00:00Z"}, "as_of lies in the future"),
        ({"as_of": "yesterday"}, "as_of is no time"),
        ({"merchant": " "}, "merchant is blank"),
        ({"merchant": True}, "an identifier is text"),
    ],
)
def test_a_form_that_names_neither_is_refused(form: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        prices.order(context(**form))


def test_all_merchants_estimated_give_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    returning(monkeypatch, GOOD)

    assert prices.estimate(context())["estimated"] == 1


def test_a_merchant_that_failed_fails_the_task_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    returning(monkeypatch, BAD, GOOD)

    with pytest.raises(ContractError, match=r"1 of 2 merchants could not .* 'bad': ContractError"):
        prices.estimate(context())


def test_without_known_sales_the_task_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    returning(monkeypatch)

    with pytest.raises(AirflowSkipException, match="no sales are known at"):
        prices.estimate(context())
