"""Measures the served priority categories on the grocery sales of Complete Journey.

The file passes through the usual pipeline: it is parsed and admitted as history, and dbt builds its
books and views. The lists come from the view that serves them, at the ends of months. Each list is
held against the purchases of the 30 days after it, which neither the list nor a baseline knows.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import structlog

from features.platform import database
from features.platform.arrays import Integers
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from features.views import CUSTOMER_NIGHTS
from scoring.quality import history, hit_rates
from scoring.quality.checks import Check, as_lines
from scoring.quality.hit_rates import LENGTH, Purchases
from scoring.quality.report import write

log = structlog.get_logger(__name__)

SOURCE = "complete_journey"
PRODUCTS = "completejourney_products.parquet"
AHEAD = 30
#: Ends of months of 2017. The method was chosen on the first ones, and later ones measure it.
CHOICE_MONTHS, TEST_MONTHS = range(4, 8), range(8, 12)
BASELINES = ("most frequent of the customer", "most popular of the segment")
SERVED = "served"
SEED = 0

_PURCHASES = """
    select customer_id, category, day_number, sum(net_minor)::double precision
    from intermediate.int_category_days_booked
    where customer_id is not null and category is not null
    group by customer_id, category, day_number
    having sum(net_minor) > 0
"""
_LISTS = """
    select day_at, customer_id, category, place
    from marts.fct_customer_categories
    where place <= %s and day_at = any(%s)
"""


@dataclass(frozen=True, slots=True)
class Sales:
    """What the warehouse knows of the file: all purchases, and the served lists of each origin.

    Args:
        purchases: of the whole file.
        lists: category numbers [customers, LENGTH] by the day number of the origin.
    """

    purchases: Purchases
    lists: Mapping[int, Integers]


@dataclass(frozen=True, slots=True)
class Result:
    """The hit rates over all origins, and the differences to the baselines with their bounds."""

    lists: int
    rates: Mapping[str, float]
    differences: Mapping[str, tuple[float, float, float]]
    by_origin: Mapping[str, Mapping[str, float]]

    @property
    def lower(self) -> float:
        """The lowest lower bound of 95 % of the differences."""
        return min(low for _, low, _ in self.differences.values())


def run(path: Path, settings: Settings, *, is_validation: bool = False) -> int:
    """Load the file into an empty warehouse, measure, print and write the report.

    Args:
        path: the transactions; the file of the products lies in the same folder.
        settings: an empty warehouse and a folder to work in.
        is_validation: measure on the months that chose the method.

    Returns:
        0 if the bar holds, otherwise 1.

    Raises:
        ConfigurationError: the warehouse is not empty, or the products are missing.
        BadDeliveryError: a file does not fit its description.
    """
    started = time.monotonic()
    load(path, settings)
    loaded = time.monotonic()
    months = CHOICE_MONTHS if is_validation else TEST_MONTHS
    sales = read(settings, months)
    result = measure(sales, months)
    checks = [Check("categories.hit_rate_difference_lower", result.lower, 0.0)]
    sys.stdout.write(_table(result, checks))
    report = {
        "data": {"file": path.name, "purchases": len(sales.purchases.days), "lists": result.lists},
        "seconds": {
            "load_and_build": round(loaded - started, 1),
            "measure": round(time.monotonic() - loaded, 1),
        },
        "hit_rates": dict(result.rates),
        "differences": {name: list(bounds) for name, bounds in result.differences.items()},
        "by_origin": {name: dict(rates) for name, rates in result.by_origin.items()},
    }
    target = write("quality", SOURCE, report, checks, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in checks) else 1


def load(path: Path, settings: Settings) -> None:
    """Admit the transactions and the products as history, and build the books and the views.

    Raises:
        ConfigurationError: the warehouse is not empty, or the products are missing.
        BadDeliveryError: a file does not fit its description.
    """
    products = path.parent / PRODUCTS
    if not products.exists():
        raise ConfigurationError(
            f"{path} names products by number, and their categories are missing: put {PRODUCTS} "
            "beside it"
        )
    history.load(
        path, SOURCE, CUSTOMER_NIGHTS, settings, feed="sales", beside={"products": products}
    )


def read(settings: Settings, months: Sequence[int]) -> Sales:
    """Return the purchases and the served lists, with numbers for customers and categories.

    Args:
        settings: a loaded warehouse.
        months: the months of 2017 whose ends are the origins.
    """
    with database.connect(settings.warehouse, "transform") as connection:
        purchases = connection.execute(_PURCHASES).fetchall()
        lists = connection.execute(_LISTS, (LENGTH, [_end(month) for month in months])).fetchall()
    customers, numbers = np.unique([row[0] for row in purchases], return_inverse=True)
    categories, codes = np.unique([row[1] for row in purchases], return_inverse=True)
    shape = (len(customers), len(categories))
    origins = np.array([day_number(row[0]) for row in lists])
    owners = np.searchsorted(customers, [row[1] for row in lists])
    chosen = np.searchsorted(categories, [row[2] for row in lists])
    places = np.array([row[3] for row in lists]) - 1
    return Sales(
        purchases=Purchases(
            customers=numbers,
            categories=codes,
            days=np.array([row[2] for row in purchases]),
            amounts=np.array([row[3] for row in purchases]),
            shape=shape,
        ),
        lists={
            int(origin): _lists(shape[0], owners[at], places[at], chosen[at])
            for origin in np.unique(origins)
            for at in [origins == origin]
        },
    )


def measure(sales: Sales, months: Sequence[int]) -> Result:
    """Hold the served lists and both baselines against the days after each origin.

    A customer counts where it bought before the origin and within 30 days after it.

    Args:
        sales: the purchases and the lists.
        months: the months of 2017 whose ends are the origins.
    """
    customers = sales.purchases.shape[0]
    names = (SERVED, *BASELINES)
    sums = {name: np.zeros(customers) for name in names}
    counted = np.zeros(customers)
    by_origin = {}
    for month in months:
        end = day_number(_end(month)) + 1
        before = sales.purchases.counts(0, end)
        bought = sales.purchases.counts(end, end + AHEAD) > 0
        counts = before.any(axis=1) & bought.any(axis=1)
        lists = (
            sales.lists[end - 1],
            hit_rates.most_frequent(before),
            hit_rates.most_popular(before, hit_rates.segments_of(sales.purchases, end, SEED)),
        )
        hits = [hit_rates.hits(each, bought) * counts for each in lists]
        for name, each in zip(names, hits, strict=True):
            sums[name] += each
        counted += counts
        by_origin[f"2017-{month:02}"] = {
            name: float(each.sum() / counts.sum()) for name, each in zip(names, hits, strict=True)
        }
        log.info("origin_measured", month=month, customers=int(counts.sum()))
    return Result(
        lists=int(counted.sum()),
        rates={name: float(sums[name].sum() / counted.sum()) for name in names},
        differences={
            name: hit_rates.difference_bounds(sums[SERVED] - sums[name], counted, SEED)
            for name in BASELINES
        },
        by_origin=by_origin,
    )


def day_number(moment: datetime) -> int:
    """Return the UTC day of a moment, as the number that the books use."""
    return int(moment.timestamp() // 86_400)


def _end(month: int) -> datetime:
    """Return the start of the last day of a month of 2017."""
    return datetime(2017, month + 1, 1, tzinfo=UTC) - timedelta(days=1)


def _lists(customers: int, owners: Integers, places: Integers, chosen: Integers) -> Integers:
    lists = np.full((customers, LENGTH), -1)
    lists[owners, places] = chosen
    return lists


def _table(result: Result, checks: Sequence[Check]) -> str:
    names = (SERVED, *BASELINES)
    lines = [
        f"hit rate of {LENGTH} categories over the next {AHEAD} days, {result.lists} lists of "
        "customers with a purchase before and after; 95 % bounds by a bootstrap of customers",
        f"{'':12}" + "".join(f"{name:>32}" for name in names),
        *(
            f"  {origin:10}" + "".join(f"{rates[name]:>32.4f}" for name in names)
            for origin, rates in result.by_origin.items()
        ),
        f"  {'all':10}" + "".join(f"{result.rates[name]:>32.4f}" for name in names),
    ]
    lines += [
        f"  above {name:32}{value:>8.4f} ({low:.4f} to {high:.4f})"
        for name, (value, low, high) in result.differences.items()
    ]
    return "\n".join([*lines, "", *as_lines(checks)]) + "\n"
