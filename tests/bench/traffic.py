"""Generate card traffic inside Postgres: every value is a hash of the row's number, so it repeats.

Each customer has a steady seven transactions a day. In the skewed case one customer in a hundred,
and one merchant in a hundred, take part in three rows of ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.bench import loading

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PER_CUSTOMER_AND_DAY = 7
#: The tables that a history fills.
TABLES = ("raw.transactions", "raw.transaction_versions")
HEADER = (
    "transaction_id,customer_id,merchant_id,timestamp,amount,currency,type,card_bin,ip_address,"
    "device_id,location,channel"
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Describe the rows of an hour and its history.

    Args:
        rows: of the hour.
        history_days: whole days before it, each of 24 such hours.
        is_skewed: whether few customers and merchants have many rows.
        bad_share: the share of invalid rows of the hour.
        files: in which the hour's rows are delivered, the same number in each.
    """

    rows: int
    history_days: int = 0
    is_skewed: bool = False
    bad_share: float = 0.0
    files: int = 1

    @property
    def customers(self) -> int:
        """Return the number of customers with seven transactions a day."""
        return max(self.rows * 24 // PER_CUSTOMER_AND_DAY, 100)

    @property
    def history(self) -> str:
        """Return the name of its history, which hours with the same past share."""
        return f"history_{self.rows}_{self.history_days}{'_skewed' * self.is_skewed}"


_UNIFORM = """
create or replace function public.uniform(number bigint, stream bigint) returns double precision
language sql immutable parallel safe
return ((hashint8extended(number, stream) >> 11) & 9007199254740991)::double precision
    / 9007199254740992::double precision
"""
_ROWS = """
select
    number,
    '{tag}-' || number as transaction_id,
    who.customer,
    'c' || who.customer as customer_id,
    'm' || floor(
        uniform(number, 3) * {merchants}
        * case when {skewed} and uniform(number, 2) < 0.3 then 0.01 else 1 end
    )::bigint as merchant_id,
    timestamptz '{start}' + (uniform(number, 4) * {seconds}) * interval '1 second'
        as occurred_at,
    greatest(100, round(100 * exp(3.2 + 1.1 * (2 * (uniform(number, 5) + uniform(number, 6)
        + uniform(number, 7)) - 3))))::bigint as amount_minor,
    1 + floor(uniform(number, 8) * 5)::integer as transaction_type,
    '4' || (10000 + who.customer % 300) as card_bin,
    '10.' || (who.customer >> 16 & 255) || '.' || (who.customer >> 8 & 255) || '.'
        || (who.customer & 255) as ip_address,
    'd' || who.customer || case when uniform(number, 9) < 0.04 then '-2' else '' end as device_id,
    (array['US-NY', 'US-CA', 'US-TX', 'US-FL', 'US-IL'])[1 + (
        case when uniform(number, 10) < 0.97 then who.customer
            else floor(uniform(number, 11) * 5)::bigint end) % 5] as location_code,
    (array['pos', 'web', 'app'])[1 + floor(uniform(number, 12) * 3)::integer] as channel
from generate_series({first}::bigint, {last}::bigint) as number
cross join lateral (
    select floor(
        uniform(number, 1) * {customers}
        * case when {skewed} and uniform(number, 0) < 0.3 then 0.01 else 1 end
    )::bigint as customer
    -- kept apart: pulled up, it would be drawn again for each column that names it
    offset 0
) as who
"""
_SHARED = "occurred_at, {known_at} as known_at, true as is_history"


def _rows(traffic: Traffic, tag: str, start: datetime, length: timedelta, span: range) -> str:
    return _ROWS.format(
        tag=tag,
        merchants=max(traffic.customers // 40, 10),
        customers=traffic.customers,
        skewed=str(traffic.is_skewed).lower(),
        start=start.isoformat(sep=" "),
        seconds=length.total_seconds(),
        first=span.start,
        last=span.stop - 1,
    )


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Create the function that draws values."""
    connection.execute(_UNIFORM.encode())


def add_delivery(
    connection: psycopg.Connection[Any],
    traffic: Traffic,
    start: datetime,
    span: range,
    *,
    known_at_once: bool = False,
) -> list[str]:
    """Enter one day of history as an admitted delivery; return the statements that add its rows.

    The statements touch different rows and may run at the same time.

    Args:
        connection: of the superuser.
        traffic: the traffic with the customers.
        start: of the day.
        span: the numbers of the rows.
        known_at_once: whether they become known at the day's end, not each as it happens.
    """
    end = start + DAY
    shared = _SHARED.format(known_at=f"timestamptz '{end}'" if known_at_once else "occurred_at")
    connection.execute("select raw.ensure_transaction_days(%s, %s)", (start.date(), end.date()))
    delivery = loading.admit(
        connection, "traffic", "transactions", len(span), known_at=end, first=start, last=end
    )
    half = len(span) // 2
    made = [_rows(traffic, "h", start, DAY, part) for part in (span[:half], span[half:])]
    return [
        f"""
        insert into raw.transactions (
            transaction_id, version, delivery_id, delivery_seq, row_number, customer_id,
            merchant_id, amount_minor, amount_base_minor, currency_code, transaction_type, card_bin,
            ip_address, device_id, location_code, channel, occurred_at, known_at, is_history
        )
        select
            transaction_id, 1, '{delivery[0]}', {delivery[1]}, number, customer_id, merchant_id,
            amount_minor, amount_minor, 'USD', transaction_type, card_bin, ip_address, device_id,
            location_code, channel, {shared}
        from ({rows}) as made
        """
        for rows in made
    ] + [
        f"""
        insert into raw.transaction_versions (
            transaction_id, version, content_digest, customer_id, delivery_seq, occurred_at,
            known_at, is_history
        )
        select transaction_id, 1, '', customer_id, {delivery[1]}, {shared} from ({rows}) as made
        """
        for rows in made
    ]


def write_hour(
    connection: psycopg.Connection[Any], traffic: Traffic, start: datetime, folder: Path
) -> None:
    """Write the hour's files as a source delivers them: CSV with a header, amounts with cents."""
    each = traffic.rows // traffic.files
    for number in range(traffic.files):
        rows = range(1 + number * each, 1 + (number + 1) * each)
        _write_file(connection, traffic, start, folder / f"hour_{number:04}.csv", rows)


def _write_file(
    connection: psycopg.Connection[Any],
    traffic: Traffic,
    start: datetime,
    target: Path,
    numbers: range,
) -> None:
    made = _rows(traffic, "n", start, HOUR, numbers)
    amount = "(amount_minor / 100.0)::numeric(20, 2)::text"
    if traffic.bad_share:
        amount = f"case when uniform(number, 20) < {traffic.bad_share} then '-1' else {amount} end"
    command = f"""
        copy (
            select
                transaction_id, customer_id, merchant_id,
                to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                {amount}, 'USD', transaction_type, card_bin, ip_address, device_id, location_code,
                channel
            from ({made}) as made
        ) to stdout (format csv)
    """
    with target.open("wb") as file, connection.cursor() as cursor:
        file.write(f"{HEADER}\n".encode())
        with cursor.copy(command.encode()) as copy:
            for block in copy:
                file.write(block)
