"""The training of demand reads the stock as it was known at the moment of the order."""

from __future__ import annotations

from typing import Any

import psycopg

from features.views import DEMAND
from scoring.demand import training_set
from scoring.demand.train import BEGINNING
from tests import grocers
from tests.grocers import DAY, LIVE_DAYS, OUT
from tests.integration.registry.grocer_nights import Forecast

AS_OF = grocers.day(LIVE_DAYS[0]) + DAY
_LATE_COUNT = """
insert into raw.stock_levels
select (jsonb_populate_record(
    counts,
    jsonb_build_object('stock_level_id', 'late', 'on_hand', 500, 'known_at', clock_timestamp())
)).*
from raw.stock_levels as counts
where counts.stock_level_id = %s
"""


def _digest(connection: psycopg.Connection[Any]) -> str:
    read = training_set.read(connection, DEMAND, start=BEGINNING, end=AS_OF, as_of=AS_OF)
    return read.digest


def test_a_count_known_later_takes_no_day_without_stock_away(forecast: Forecast) -> None:
    with forecast.db.superuser() as connection:
        with connection.transaction(force_rollback=True):
            before = _digest(connection)
        with connection.transaction(force_rollback=True):
            added = connection.execute(_LATE_COUNT, (f"c0-{OUT[3]}",)).rowcount
            after = _digest(connection)

    assert added == 1
    assert after == before
