"""Generate the sales and the stock of two merchants inside Postgres, as hashes of series and day.

The units of a series and day are geometric, with a mean by series, weekday and season. A series
sells for the whole time, or, one in ten, from a later day on. It has a promotion of two weeks in
twelve, and one week in fifty without stock. Each series is counted once a week; each day brings its
movements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench.nights import Feed
from tests.bench.shops import SALES, instant
from tests.bench.traffic import DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK = 7
_PLACE = {"merchant_id": "merchant_id", "product_id": "product_id"}
_MOVEMENT = {**_PLACE, "location": "channel", "movement": "movement", "quantity": "quantity"}
_COUNT = {**_PLACE, "location": "channel", "on_hand": "on_hand"}
_DATES = {"starts_on": "starts_on", "ends_on": "ends_on"}
_PROMOTION_ID = "merchant_id || '/' || product_id || '/' || starts_on"
_MOVEMENT_ID = "movement || '/' || number || '/' || day"
_COUNT_ID = "number || '/' || day"
PROMOTIONS = Feed(
    name="promotions",
    key=("promotion_id", _PROMOTION_ID),
    key_columns=(),
    event="announced_at",
    stored=_PLACE
    | _DATES
    | {
        "price_minor": "price_minor",
        "price_base_minor": "price_minor",
        "currency_code": "'USD'",
    },
    written={"promotion_id": _PROMOTION_ID}
    | _PLACE
    | _DATES
    | {
        "price": "(price_minor / 100.0)::numeric(20, 2)",
        "currency": "'USD'",
        "announced_at": instant("announced_at"),
    },
)
STOCK_MOVEMENTS = Feed(
    name="stock_movements",
    key=("stock_movement_id", _MOVEMENT_ID),
    key_columns=(),
    event="occurred_at",
    stored=_MOVEMENT,
    written={"stock_movement_id": _MOVEMENT_ID}
    | _MOVEMENT
    | {"occurred_at": instant("occurred_at")},
)
STOCK_LEVELS = Feed(
    name="stock_levels",
    key=("stock_level_id", _COUNT_ID),
    key_columns=(),
    event="counted_at",
    stored=_COUNT,
    written={"stock_level_id": _COUNT_ID} | _COUNT | {"counted_at": instant("counted_at")},
)
#: The series with the state of a day; each number names a series.
_SERIES = """
select
    number,
    {day} as day,
    'm' || number % 2 as merchant_id,
    'p' || product as product_id,
    'category ' || product % 20 as category,
    (array['store', 'web'])[1 + number / 2 % 2] as channel,
    is_stocked,
    timestamptz '{start}' as start,
    floor(
        100 * exp(1 + 2 * uniform(product, 2)) * case when is_promoted then 0.8 else 1 end
    )::bigint as price_minor,
    case
        when is_stocked and {day} >= born
            then floor(
                -ln(1 - uniform(number * 100000 + {day}, 3)) * {factor}
                * exp(3.5 * uniform(number, 4)) * case when is_promoted then 0.6 else 0.3 end
            )::bigint
        else 0
    end as quantity
from generate_series(0::bigint, {series} - 1) as number
cross join lateral (
    select
        number / 4 as product,
        ({day} + floor(84 * uniform(number / 4, 5))::bigint) % 84 < 14 as is_promoted,
        uniform(number * 100000 + {day} / 7, 6) >= 0.02 as is_stocked,
        case
            when uniform(number, 7) < 0.1
                then {day} + {age} - floor({history_days} * uniform(number, 8))
            else 0
        end as born
    offset 0
) as state
"""
_ROWS: Mapping[str, str] = {
    "sales": """
select
    number, merchant_id, 'o' || number || '-' || day as order_id, 1 as line_no,
    null as customer_id, product_id, category, channel, quantity, price_minor, 0 as discount_minor,
    'sale' as event,
    start + (300 + 80000 * uniform(number * 100000 + day, 9)) * interval '1 second' as occurred_at
from ({series}) as series
where quantity > 0
""",
    "stock_movements": """
select
    number, day, merchant_id, product_id, channel, 'sale' as movement, quantity,
    start + (300 + 80000 * uniform(number * 100000 + day, 9)) * interval '1 second' as occurred_at
from ({series}) as series
where quantity > 0
union all
select
    number, day, merchant_id, product_id, channel, 'receipt', 100, start + interval '4 minutes'
from ({series}) as series
where is_stocked and (number + day) % 7 = 0
""",
    "stock_levels": """
select
    number, day, merchant_id, product_id, channel, case when is_stocked then 1000 else 0 end
        as on_hand,
    start + interval '1 minute' as counted_at
from ({series}) as series
""",
    # announced ten days before it starts
    "promotions": """
select
    min(number) as number, merchant_id, product_id, min(price_minor) * 8 / 10 as price_minor,
    date '1970-01-01' + day + 10 as starts_on, date '1970-01-01' + day + 23 as ends_on,
    start + interval '1 hour' as announced_at
from ({series}) as series
where (day + 10 + floor(84 * uniform(number / 4, 5))::bigint) % 84 = 0
group by merchant_id, product_id, day, start
""",
}


@dataclass(frozen=True, slots=True)
class Stores:
    """Describe the sales of a night of series and its history.

    Args:
        subjects: the series of both merchants.
        history_days: whole days before the day of the night.
        month_ends: with built features.
    """

    subjects: int
    history_days: int
    month_ends: int = 0
    kind: str = "demand"
    feeds: tuple[Feed, ...] = (PROMOTIONS, STOCK_MOVEMENTS, STOCK_LEVELS, SALES)

    @property
    def most_rows(self) -> int:
        """Return the movements of a day, if each series has a sale and a receipt."""
        return 2 * self.subjects

    @property
    def history(self) -> str:
        """Return the name of its history."""
        return f"stores_{self.subjects}_{self.history_days}"

    @property
    def training(self) -> Stores:
        """Return the stores whose series teach the model of a night."""
        return Stores(500, 365, month_ends=6)

    def rows(self, feed: str, start: datetime, age: int) -> str | None:
        """Return the SQL of the rows of a day; the first day of a week alone has counts."""
        day = (start - _EPOCH) // DAY
        if feed == "stock_levels" and day % _WEEK:
            return None
        weekday = (0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 0.8)[start.weekday()]
        season = 1.3 if start.month in (11, 12) else 1.0
        series = _SERIES.format(
            day=day,
            start=start.isoformat(sep=" "),
            factor=weekday * season,
            series=self.subjects,
            age=age,
            history_days=self.history_days,
        )
        return _ROWS[feed].format(series=series)
