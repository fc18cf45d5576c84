"""On Online Retail, segments are steady and fresh: the bars of the nightly job hold."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.platform.arrays import Floats
from scoring.segments import fitting
from scoring.segments.fitting import Fit
from scoring.segments.model import POOLED
from scoring.segments.quality import benchmark
from scoring.segments.quality.benchmark import Followed
from scoring.segments.rows import Customers

FIT = date(2011, 10, 31)


class Shop:
    """The net of each customer and day of Online Retail, read without the pipeline."""

    def __init__(self, path: Path) -> None:
        columns = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]
        rows = pq.read_table(path, columns=columns).group_by(columns).aggregate([])
        rows = rows.filter(
            pc.and_(
                pc.and_(pc.is_valid(rows["CustomerID"]), pc.greater_equal(rows["UnitPrice"], 0)),
                pc.match_substring_regex(rows["StockCode"], r"^\d{5}[A-Z]{0,2}$"),
            )
        )
        days = rows["InvoiceDate"].to_numpy().astype("datetime64[D]").astype(int)
        self.first = int(days.min())
        self.ids, customers = np.unique(rows["CustomerID"].to_numpy(), return_inverse=True)
        shape = (len(self.ids), int(days.max()) - self.first + 1)
        self.pennies, self.is_active = np.zeros(shape, np.int64), np.zeros(shape, dtype=bool)
        prices = np.round(rows["UnitPrice"].to_numpy() * 100).astype(np.int64)
        np.add.at(
            self.pennies, (customers, days - self.first), rows["Quantity"].to_numpy() * prices
        )
        self.is_active[customers, days - self.first] = True

    def night(self, day: date) -> Customers:
        """Return the customers at the end of a day."""
        width = int(np.datetime64(day).astype(int)) - self.first + 1
        net, is_there = self.pennies[:, :width], self.is_active[:, :width].any(axis=1)
        is_purchase = net > 0
        frequency = is_purchase.sum(axis=1)
        recency: Floats = np.where(frequency > 0, is_purchase[:, ::-1].argmax(axis=1), np.nan)
        values = np.column_stack([recency, frequency, net.sum(axis=1) / 100])
        names = self.ids[is_there].astype(str).astype(object)
        return Customers(day, np.full(len(names), "shop", object), names, values[is_there])


@pytest.fixture(scope="module")
def followed(test_data: Path) -> tuple[Fit, Followed]:
    shop = Shop(test_data / "retail" / "online_retail_uci.parquet")
    first, *nights = [shop.night(FIT + timedelta(days=number)) for number in range(31)]
    model, fits = fitting.fit_all(first.by_merchant, FIT.isoformat(), resamples=20)
    return fits[POOLED], benchmark.follow(model, first, nights)


def test_every_bar_of_the_segments_holds(followed: tuple[Fit, Followed]) -> None:
    checks = {check.name: check for check in benchmark.checks(*followed)}

    assert [str(check) for check in checks.values() if not check.holds] == []
    assert {f"segments.{name}" for name in (
        "night_rand_min", "moves_mean", "moves_max", "flicker", "freshness", "bootstrap_rand_p10"
    )} <= set(checks)  # fmt: skip


def test_every_customer_with_activity_has_one_segment_and_one_place_in_the_migration(
    followed: tuple[Fit, Followed],
) -> None:
    fit, nights = followed
    there = nights.history.segments[-1]

    assert (there >= 0).sum() == nights.migration()[:, :-1].sum()
    assert set(np.unique(there)) <= {-1, *range(fit.count)}
    assert set(nights.reasons) == {"purchase", "ageing"}


def test_the_report_names_each_segment(followed: tuple[Fit, Followed]) -> None:
    text = "\n".join(benchmark.as_lines(*followed))

    assert all(name in text for name in followed[0].segments.names)
    assert "moves in 30 nights" in text
