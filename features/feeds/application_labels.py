"""Labels of applications: how a loan goes on or how it ended, as one provenance says it."""

from __future__ import annotations

from typing import Literal, get_args

from features.feeds.admissions import Labels
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import APPLICATION_SCORING

#: The canonical outcomes of a loan. Only the first two close it; the others leave it open.
Outcome = Literal["fully_paid", "charged_off", "current", "late"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

APPLICATION_LABELS = Feed(
    name="application_labels",
    table="raw.application_labels",
    columns=(
        column("application_id", ColumnKind.ID, required=True, key=True),
        column("outcome", ColumnKind.OUTCOME, required=True),
        column("is_policy_exception", ColumnKind.EXCEPTION, filled=True),
        column("last_payment_date", ColumnKind.DATE),
        column("known_at", ColumnKind.INSTANT, "declared_known_at"),
        column("provenance", ColumnKind.PROVENANCE, filled=True, key=True),
    ),
    # A loan ends with its last payment. A charge-off is noticed some time after the last payment.
    # A loan without a payment is over when its term is.
    admission=Labels(
        stated=("outcome", "is_policy_exception"),
        first_known_at="""
            landed.declared_known_at,
            (
                landed.last_payment_date::timestamp
                + case
                    when landed.outcome = 'charged_off' then %(charge_off_lag)s
                    else interval '0'
                end
            ) at time zone 'UTC',
            (
                select
                    applications.applied_at + make_interval(months => applications.term_months)
                    + %(charge_off_lag)s
                from raw.applications
                where
                    applications.application_id = landed.application_id
                    and landed.outcome in ('fully_paid', 'charged_off')
                order by applications.version desc
                limit 1
            )
        """,
    ),
    read_by=(APPLICATION_SCORING,),
)
