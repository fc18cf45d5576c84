"""Write a loan application and its outcome as a source delivers them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

APPLICATION = {
    "application_id": "a1",
    "customer_id": "c1",
    "applied_at": "2026-03-01T10:00:00Z",
    "loan_amnt": "7500",
    "term": "36 months",
    "currency": "USD",
    "purpose": "car",
    "annual_inc": "60000.50",
    "emp_length": "5 years",
    "home_ownership": "RENT",
    "dti": "14.3",
    "fico_range_low": "660",
    "fico_range_high": "664",
    "revol_util": "51.5%",
    "inq_last_6mths": "1.0",
    "delinq_2yrs": "0",
    "pub_rec": "0",
    "open_acc": "7",
    "total_acc": "8",
    "revol_bal": "0",
    "earliest_cr_line": "1987-01-01",
    "mths_since_last_delinq": "",
}
LABEL = {
    "application_id": "a1",
    "outcome": "charged_off",
    "is_policy_exception": "",
    "last_payment_date": "2026-05-01",
    "known_at": "",
    "provenance": "servicer",
}


def file_of(*rows: Mapping[str, str]) -> bytes:
    """Return rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
