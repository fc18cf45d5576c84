"""The measures of demand count the public weeks by the rules, and know the truth of the stores."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.platform.errors import ContractError
from scoring.demand.past import at_night
from scoring.demand.quality import online_retail, synthetic, weekly, worlds
from scoring.demand.quality.weekly import Measured
from scoring.demand.quality.worlds import Truth
from scoring.demand.serving import Forecasts


def a_file(folder: Path, lines: list[tuple[str, int, float, datetime]]) -> Path:
    """Write lines of code, quantity, price and moment, with the first and the last day."""
    ends = [
        ("99999", 1, 1.0, datetime(2010, 12, 1, 8)),
        ("99999", 1, 1.0, datetime(2011, 12, 9, 8)),
    ]
    code, quantity, price, moment = zip(*lines, *ends, strict=True)
    table = pa.table(
        {
            "InvoiceNo": [str(number) for number in range(len(code))],
            "StockCode": list(code),
            "Description": ["thing"] * len(code),
            "Quantity": pa.array(quantity, pa.int32()),
            "InvoiceDate": pa.array(moment, pa.timestamp("ms")),
            "UnitPrice": list(price),
            "CustomerID": pa.array([None] * len(code), pa.int32()),
            "Country": ["United Kingdom"] * len(code),
        }
    )
    table = pa.concat_tables([table, table.slice(0, 1)])  # an exact duplicate
    pq.write_table(table, folder / "lines.parquet")
    return folder / "lines.parquet"


def test_weeks_hold_products_only_and_no_duplicate_return_or_gift(tmp_path: Path) -> None:
    monday = datetime(2011, 10, 10, 12)
    path = a_file(
        tmp_path,
        [
            ("85123a", 6, 2.0, monday - timedelta(days=1)),
            ("85123A", 4, 2.0, monday),
            ("85123A", -4, 2.0, monday),
            ("85123A", 50, 0.0, monday),
            ("POST", 70, 5.0, monday),
        ],
    )

    weeks = online_retail.read(path)

    assert weeks.codes == ("85123A", "99999")
    assert weeks.test == range(44, 52)
    assert weeks.history.units.shape == (2, 52)
    assert weeks.history.units[0, 43:45].tolist() == [6.0, 4.0]
    assert weeks.lines == 4


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, [("85123A", 1, 1.0, datetime(2011, 1, 10))])
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 2), path)

    with pytest.raises(ContractError, match="does not reach from 2010-12-06"):
        online_retail.read(path)


def measured(forecast: float) -> Measured:
    units = np.random.default_rng(0).poisson(20.0, (100, 8)).astype(float)
    one = np.full(units.shape, forecast)
    return Measured(units, one, one, one, one, np.full(units.shape, 30.0), {}, ((),))


def test_a_better_forecast_has_a_difference_below_0_with_its_bound() -> None:
    value, low, high = measured(20.0).difference

    assert low < value < high < 0


def test_a_forecast_that_knows_the_weeks_is_called_a_leak() -> None:
    assert any("LEAK?" in line for line in weekly.as_lines(measured(20.0)))
    assert not weekly.checks(measured(20.0))[0].holds
    assert not any("LEAK?" in line for line in weekly.as_lines(measured(40.0)))


def test_the_history_of_a_world_hides_the_truth_and_the_promotions_announced_later() -> None:
    world = worlds.make(products=12)
    history = worlds.history_of(world)
    place = world.days.count - 30
    night = history.day_at(place)

    past = at_night(history, place)

    np.testing.assert_array_equal(history.units, world.units)
    known = world.promotions.take(world.promotions.announced <= night)
    is_ahead = (known.first <= night + 28) & (known.last > night)
    pairs = known.take(is_ahead).covers()[1]
    announced = np.unique(pairs)
    found = past.series[~np.isnan(past["promotion_1_first"])]
    np.testing.assert_array_equal(found, np.intersect1d(announced, past.series))


def test_forecasts_of_the_truth_hold_their_bars_and_a_doubled_mean_does_not() -> None:
    draw = np.random.default_rng(0)
    expected = np.full((60, 28), 12.0)
    demand = draw.poisson(expected).astype(float)
    low, median, high = (np.full(expected.shape, value) for value in (7.6, 12.0, 16.4))
    past = at_night(worlds.history_of(worlds.make(products=30)), 700)
    past = past.take(np.arange(60) % len(past))
    groups = {"smooth": np.ones(60, dtype=bool), "stocked_out": np.ones(60, dtype=bool)}

    def held(factor: float) -> dict[str, bool]:
        forecast = Forecasts(expected * factor, low, median, high)
        truth = Truth(past, forecast, expected, demand, groups)
        return {check.name: check.holds for check in synthetic.checks(truth)}

    assert all(held(1.0).values())
    assert not held(2.0)["demand.synthetic.smooth.mean_error"]
    assert not held(2.0)["demand.synthetic.stockout_bias"]
