"""Public data sets that the project does not know are decided with a YAML file alone."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.platform.currencies import EXPONENTS
from tests.integration.strangers.conftest import Newcomer, cut, write

Make = Callable[..., Newcomer]


@pytest.fixture(scope="module")
def cards(newcomer: Make, test_data: Path) -> Newcomer:
    """Load a month of card transactions, train on them, and deliver a day to decide."""
    user = newcomer("card_demo")
    rows = pq.read_table(test_data / "transactions" / "evalml_fraud_transactions.parquet")
    history = cut(rows, "datetime", "2019-07-01", "2019-08-06")
    write(history, user.landing("transactions", is_history=True), "history.parquet")
    rates = [f"{code},2019-01-01,1\n" for code in EXPONENTS]
    file = user.landing("fx_rates", is_history=True) / "rates.csv"
    file.write_text("".join(["currency,rate_date,rate\n", *rates]))
    user.activate_policy()
    user.vesper("ingest", "--load-kind", "history")
    user.vesper("build", "score_transactions")
    user.vesper("train", "score_transactions")
    day = cut(rows, "datetime", "2019-08-06", "2019-08-07").drop_columns(["fraud"])
    write(day, user.landing("transactions", is_history=False), "day.parquet")
    return user


def test_card_transactions_of_133_countries_are_learnt_from_and_decided(cards: Newcomer) -> None:
    decided = cards.decide("score_transactions", "2019-08-06T00:00Z", "2019-08-07T00:00Z")

    cards.assert_proven("score_transactions")
    rejected = cards.db.rows("select distinct reason from raw.rejected_rows")
    assert decided > 350
    assert rejected == [("unknown_currency",)]
    ((currencies, positives),) = cards.db.rows(
        "select count(distinct currency_code), (select count(*) from raw.transaction_labels "
        "where is_fraud) from raw.transactions"
    )
    assert currencies == 157  # 164 codes, five of which mean another code, and two mean none
    assert positives > 2_000


def test_invoice_lines_are_card_transactions_with_refunds(
    cards: Newcomer, newcomer: Make, test_data: Path
) -> None:
    user = newcomer("gift_shop", currency="GBP")
    rows = pq.read_table(test_data / "retail" / "online_retail_uci.parquet")
    history = cut(rows, "InvoiceDate", "2011-12-01", "2011-12-08")
    write(history, user.landing("transactions", is_history=True), "history.parquet")
    day = cut(rows, "InvoiceDate", "2011-12-08", "2011-12-09")
    write(day, user.landing("transactions", is_history=False), "day.parquet")
    user.activate_policy()

    # the shop has no labels: the champion is the model of the other data set
    decided = user.decide("score_transactions", "2011-12-08T00:00Z", "2011-12-09T00:00Z")

    user.assert_proven("score_transactions")
    kinds = dict(user.db.rows("select kind, count(*) from raw.transactions group by kind"))
    ((duplicates,),) = user.db.rows("select sum(rows_duplicate) from raw.deliveries")
    assert decided == 2_566
    assert kinds["refund"] > 100
    assert duplicates > 0


def test_loans_without_ids_and_dates_are_learnt_from_and_decided(
    newcomer: Make, test_data: Path
) -> None:
    user = newcomer("german_credit", currency="DEM")
    with gzip.open(test_data / "loans" / "german_credit.csv.gz", "rt", newline="") as file:
        header, *loans = csv.reader(file)
    folder = user.landing("applications", is_history=True)
    months = [f"{year}-{month:02}-01" for year in (2001, 2002) for month in range(1, 13)]
    for number, month in enumerate(months):
        part = loans[number * 40 : (number + 1) * 40]
        with (folder / f"german_{month}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *part])
    user.activate_policy()
    user.vesper("ingest", "--load-kind", "history")
    user.vesper("build", "score_applications")

    user.vesper("train", "score_applications")
    last = user.landing("applications", is_history=False) / "german_2003-01-01.csv"
    with last.open("w", newline="") as file:
        csv.writer(file).writerows([header, *loans[960:]])
    decided = user.decide("score_applications", "2002-12-31T00:00Z", "2003-01-02T00:00Z")

    user.assert_proven("score_applications")
    assert decided == 40
