"""The training of demand reads the stock as it was known at the moment of the order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg

from features.views import DEMAND
from scoring.demand import training_set
from scoring.demand.train import BEGINNING
from tests import grocers
from tests.grocers import DAY, LIVE_DAYS, OUT
from tests.integration.registry.grocer_nights import Forecast

AS_OF = grocers.day(LIVE_DAYS[0]) + DAY
#: A moment that knows every delivery of the test.
KNOWN = datetime(2100, 1, 1, tzinfo=UTC)
_LATE_COUNT = """
insert into raw.stock_levels
select (jsonb_populate_record(
    counts,
    jsonb_build_object('stock_level_id', 'late', 'on_hand', 500, 'known_at', clock_timestamp())
)).*
from raw.stock_levels as counts
where counts.stock_level_id = %s
"""


def _digest(connection: psycopg.Connection[Any], as_of: datetime) -> str:
    read = training_set.read(connection, DEMAND, start=BEGINNING, end=AS_OF, as_of=as_of)
    return read.digest


def test_a_count_takes_a_day_without_stock_away_once_it_is_known(forecast: Forecast) -> None:
    digests = []
    with forecast.db.superuser() as connection:
        for late in ((), (f"c0-{OUT[3]}",)):
            for as_of in (AS_OF, KNOWN):
                with connection.transaction(force_rollback=True):
                    for count in late:
                        connection.execute(_LATE_COUNT, (count,))
                    digests.append(_digest(connection, as_of))

    then, now, then_with_late, now_with_late = digests
    assert then_with_late == then
    assert now_with_late != now
