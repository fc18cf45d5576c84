"""Loan applications: a few thousand a day, under the names of LendingClub's public files.

Most examples of loan data follow these names. An application reads only facts from before the
decision: no outcome, no price of the lender, no protected attribute.
"""

from __future__ import annotations

from features.feeds.admissions import Versions
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.leaks import Leak
from features.feeds.readers import APPLICATION_SCORING
from features.feeds.rules import Ordering

APPLICATIONS = Feed(
    name="applications",
    table="raw.applications",
    columns=(
        column("application_id", ColumnKind.ID, required=True, key=True),
        column("customer_id", ColumnKind.ID, required=True),
        column("applied_at", ColumnKind.INSTANT, required=True),
        column("loan_amnt", ColumnKind.AMOUNT, "requested_amount_minor", required=True),
        column("term", ColumnKind.TERM, "term_months", required=True),
        column("currency", ColumnKind.CURRENCY, "currency_code", required=True),
        column("purpose"),
        column("annual_inc", ColumnKind.BALANCE, "annual_income_minor"),
        column("emp_length", ColumnKind.EMPLOYMENT, "employment_years"),
        column("home_ownership"),
        column("dti", ColumnKind.PERCENT, "debt_to_income_percent"),
        column("fico_range_low", ColumnKind.SCORE, "fico_low"),
        column("fico_range_high", ColumnKind.SCORE, "fico_high"),
        column("revol_util", ColumnKind.PERCENT, "revolving_utilisation_percent"),
        column("inq_last_6mths", ColumnKind.COUNT, "inquiry_count_6m"),
        column("delinq_2yrs", ColumnKind.COUNT, "delinquency_count_2y"),
        column("pub_rec", ColumnKind.COUNT, "public_record_count"),
        column("open_acc", ColumnKind.COUNT, "open_account_count"),
        column("total_acc", ColumnKind.COUNT, "total_account_count"),
        column("revol_bal", ColumnKind.BALANCE, "revolving_balance_minor"),
        column("earliest_cr_line", ColumnKind.PAST_DATE, "first_credit_date"),
        column("mths_since_last_delinq", ColumnKind.COUNT, "months_since_delinquency"),
    ),
    admission=Versions(event="applied_at", table="raw.applications"),
    read_by=(APPLICATION_SCORING,),
    never_reads=frozenset((Leak.POST_OUTCOME, Leak.LENDERS_PRICE, Leak.PROTECTED)),
    person="customer_id",
    orderings=(
        Ordering("earliest_cr_line", "applied_at", "credit_line_after_application"),
        Ordering("fico_range_low", "fico_range_high", "low_score_above_high"),
        Ordering("open_acc", "total_acc", "more_open_than_all_accounts"),
    ),
)
