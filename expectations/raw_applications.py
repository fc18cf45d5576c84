"""Define the gate on deliveries of loan applications and their outcomes; see `expectations.raw`."""

from __future__ import annotations

import great_expectations as gx

from expectations import raw
from expectations import vocabulary as say

APPLICATION_COLUMNS = (
    "application_id",
    "row_number",
    "applied_at",
    "customer_id",
    "requested_amount_minor",
    "currency_code",
    "term_months",
    "purpose",
    "annual_income_minor",
    "employment_years",
    "home_ownership",
    "debt_to_income_percent",
    "fico_low",
    "fico_high",
    "revolving_utilisation_percent",
    "inquiry_count_6m",
    "delinquency_count_2y",
    "public_record_count",
    "open_account_count",
    "total_account_count",
    "revolving_balance_minor",
    "first_credit_date",
    "months_since_delinquency",
)
LABEL_COLUMNS = (
    "application_id",
    "row_number",
    "outcome",
    "is_policy_exception",
    "last_payment_date",
    "declared_known_at",
    "provenance",
)
# possible values of each column; a value outside probably belongs to another column
_BOUNDS = {
    "term_months": (1, 600),
    "employment_years": (0, 10),
    "debt_to_income_percent": (0, 10_000),
    "fico_low": (300, 850),
    "fico_high": (300, 850),
    "revolving_utilisation_percent": (0, 10_000),
}


def applications(rows: int) -> gx.ExpectationSuite:
    """Return the suite for a delivery of loan applications.

    Args:
        rows: rows of the delivery. A delivery with few rows has no check of spread.
    """
    return gx.ExpectationSuite(
        name="raw.applications",
        expectations=[
            raw.columns(APPLICATION_COLUMNS),
            *raw.keys("application_id", "customer_id"),
            *raw.present("row_number", "applied_at", "requested_amount_minor", "currency_code"),
            *raw.present("term_months"),
            raw.dated("applied_at"),
            *(
                raw.within(
                    column,
                    (0, raw.MAX_AMOUNT_MINOR),
                    "Amounts must stay exact and inside a bigint, in the base currency too.",
                )
                for column in ("requested_amount_minor", "annual_income_minor")
            ),
            *(
                raw.within(
                    column,
                    bounds,
                    "A number that this column cannot have is the number of another column.",
                )
                for column, bounds in _BOUNDS.items()
            ),
            say.ExpectValuesPresent(
                column="annual_income_minor",
                mostly=0.5,
                severity="warning",
                notes="Without an income nobody can tell what somebody affords; is it mapped?",
            ),
            *raw.varying("requested_amount_minor", rows),
        ],
    )


def application_labels(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a delivery of loan outcomes."""
    return gx.ExpectationSuite(
        name="raw.application_labels",
        expectations=[
            raw.columns(LABEL_COLUMNS),
            *raw.keys("application_id"),
            *raw.present("row_number", "outcome", "is_policy_exception", "provenance"),
            raw.dated("declared_known_at"),
            say.ExpectValuesAmong(
                column="outcome",
                value_set=["fully_paid", "charged_off"],
                mostly=0.00001,
                severity="warning",
                notes="Outcomes of open loans alone teach nothing; are they mapped rightly?",
            ),
        ],
    )
