"""An amount has no base value if its rate is too old; the delivery notes it."""

from __future__ import annotations

import pytest

from features.platform.errors import ConfigurationError
from features.sources.descriptions import load
from tests.integration.ingest import loans
from tests.integration.ingest.conftest import Intake

RATES = "currency,rate_date,rate\n"


def _base(intake: Intake) -> dict[str, int | None]:
    return dict(intake.rows("select transaction_id, amount_base_minor from raw.transactions"))


def test_a_rate_of_twenty_years_ago_gives_no_base_value(intake: Intake) -> None:
    intake.deliver(f"{RATES}EUR,2006-01-01,1.30\n".encode(), feed="fx_rates")
    rows = [intake.row(transaction_id=f"t{n}", currency="EUR") for n in range(3)]
    intake.deliver(intake.csv(*rows, intake.row(transaction_id="base")))

    receipt = intake.take()[-1]

    note = "3 rows of EUR have no base value: the newest rate is of 2006-01-01, older than 7 days"
    assert _base(intake) == {"t0": None, "t1": None, "t2": None, "base": 1250}
    assert receipt.notes == (note,)
    assert intake.rows("select notes from raw.deliveries where feed = 'transactions'") == [
        ([note],)
    ]


def test_a_rate_is_valid_for_the_number_of_days_of_the_source(intake: Intake) -> None:
    intake.deliver(f"{RATES}EUR,2026-02-20,2\n".encode(), feed="fx_rates")
    intake.deliver(
        intake.csv(
            intake.row(transaction_id="7 days", currency="EUR", timestamp="2026-02-27T23:59:59Z"),
            intake.row(transaction_id="8 days", currency="EUR", timestamp="2026-02-28T00:00:00Z"),
        )
    )

    receipt = intake.take()[-1]

    assert _base(intake) == {"7 days": 2500, "8 days": None}
    assert receipt.notes == (
        "1 row of EUR has no base value: the newest rate is of 2026-02-20, older than 7 days",
    )


def test_a_source_may_state_another_limit(intake: Intake) -> None:
    intake.sources = intake.sources.model_copy(update={"max_rate_age_days": 400})
    intake.deliver(f"{RATES}EUR,2025-03-01,2\n".encode(), feed="fx_rates")
    intake.deliver(intake.csv(intake.row(currency="EUR")))

    receipt = intake.take()[-1]

    assert _base(intake) == {"t1": 2500}
    assert receipt.notes == ()


def test_a_currency_without_any_rate_is_noted_too(intake: Intake) -> None:
    intake.deliver(f"{RATES}GBP,2026-03-02,2\n".encode(), feed="fx_rates")
    intake.deliver(
        intake.csv(
            intake.row(currency="EUR"),
            intake.row(transaction_id="a day too early", currency="GBP"),
        )
    )

    receipt = intake.take()[-1]

    assert receipt.notes == (
        "1 row of EUR has no base value: no rate of that time is known",
        "1 row of GBP has no base value: no rate of that time is known",
    )


def test_a_correction_is_priced_by_the_same_rule(intake: Intake) -> None:
    intake.deliver(f"{RATES}EUR,2026-03-01,2\n".encode(), feed="fx_rates")
    intake.deliver(intake.csv(intake.row(currency="EUR")))
    intake.take()

    late = intake.row(currency="EUR", timestamp="2026-03-20T10:00:00Z")
    intake.deliver(intake.csv(late), "b.csv")
    intake.take()

    assert intake.rows("select amount_base_minor from raw.transactions order by version") == [
        (2500,),
        (None,),
    ]


def test_history_is_priced_by_the_same_rule(intake: Intake) -> None:
    content = f"{RATES[:-1]},known_at\nEUR,2026-02-01,2,2026-02-01T12:00:00Z\n"
    intake.deliver(content.encode(), "history/a.csv", feed="fx_rates")
    days = {"before": "01T11", "in time": "08T10", "too late": "09T10"}
    rows = [
        intake.row(transaction_id=name, currency="EUR", timestamp=f"2026-02-{day}:00:00Z")
        for name, day in days.items()
    ]
    intake.deliver(intake.csv(*rows), "history/a.csv")

    receipt = intake.take()[-1]

    assert _base(intake) == {"before": None, "in time": 2500, "too late": None}
    assert receipt.notes == (
        "2 rows of EUR have no base value: the newest rate is of 2026-02-01, older than 7 days",
    )


def test_all_amounts_of_an_application_are_priced_by_the_same_rule(intake: Intake) -> None:
    intake.deliver(f"{RATES}EUR,2026-02-01,2\n".encode(), feed="fx_rates")
    row = loans.APPLICATION | {"currency": "EUR"}
    intake.deliver(loans.file_of(row), feed="applications")

    receipt = intake.take()[-1]

    assert intake.rows(
        "select requested_amount_base_minor, annual_income_base_minor, "
        "revolving_balance_base_minor from raw.applications"
    ) == [(None, None, None)]
    assert "1 row of EUR has no base value" in receipt.notes[0]


@pytest.mark.parametrize("days", ["-1", "4000", "soon"])
def test_an_invalid_limit_is_refused(days: str) -> None:
    with pytest.raises(ConfigurationError, match="max_rate_age_days"):
        load("synthetic", {"max_rate_age_days": days})
