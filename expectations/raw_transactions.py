"""Add expectations to the gate on transactions, fraud labels and rates; see `raw_suites`."""

from __future__ import annotations

from typing import Any

from expectations import raw
from expectations import vocabulary as say
from features.feeds.transactions import KINDS, REFUND, REVERSAL


def transactions(rows: int) -> list[Any]:
    """Return further expectations for a delivery of card transactions.

    Args:
        rows: rows of the delivery. A delivery with few rows has no check of spread.
    """
    return [
        raw.within(
            "amount_minor",
            (0, raw.MAX_AMOUNT_MINOR),
            "Sums over a customer's month must stay exact and inside a bigint.",
        ),
        *(
            raw.within(
                column,
                (-say.FINITE, say.FINITE),
                "NaN passes for a very high score wherever it is compared.",
            )
            for column in ("merchant_risk_score", "card_risk_score", "customer_risk_score")
        ),
        say.ExpectValuesNotAmong(
            column="amount_minor",
            value_set=[0],
            mostly=0.8,
            severity="warning",
            notes="Card verifications cost nothing, but a file full of zeros lost its amounts.",
        ),
        *raw.varying("amount_minor", rows),
        say.ExpectValuesAmong(
            column="kind",
            value_set=list(KINDS),
            severity="critical",
            notes="Features place each kind in its windows, and know no other.",
        ),
        say.ExpectValuesNotAmong(
            column="kind",
            value_set=[REFUND, REVERSAL],
            mostly=0.5,
            severity="warning",
            notes="Most money comes back: is the declared `sign` of amounts the right way round?",
        ),
    ]


def transaction_labels(rows: int) -> list[Any]:  # noqa: ARG001 - one shape for all feeds
    """Return further expectations for a delivery of fraud labels."""
    return [
        say.ExpectValuesAmong(
            column="is_fraud",
            value_set=[True],
            mostly=0.00001,
            severity="warning",
            notes="Labels without a single fraud teach nothing; is the flag mapped rightly?",
        ),
    ]


def fx_rates(rows: int) -> list[Any]:  # noqa: ARG001 - one shape for all feeds
    """Return further expectations for a delivery of exchange rates."""
    return [
        raw.within(
            "rate_date",
            (raw.EARLIEST.date(), raw.LATEST.date()),
            "A rate of a placeholder date is never the newest, or always.",
        ),
        raw.within(
            "rate",
            (1e-9, 1e9),
            "A rate of zero, NaN or absurd size turns every amount into nonsense.",
        ),
    ]
