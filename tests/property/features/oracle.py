"""Define every feature that reads the raw tables as slowly and plainly as possible.

One query per feature row filters the rows known to its reader by the window and aggregates them.
The definition uses no optimization of the models, so it can check the models.
"""

from __future__ import annotations

import re

HISTORY = """
create temporary view known as
select
    t.transaction_id as asked_id, t.version as asked_version, h.*,
    (h.occurred_at at time zone 'UTC')::date as day,
    (t.occurred_at at time zone 'UTC')::date as asked_day,
    t.occurred_at as asked_at, t.known_at as asked_known_at,
    t.customer_id as asked_customer, t.merchant_id as asked_merchant,
    t.card_bin as asked_bin, t.device_id as asked_device, t.ip_address as asked_ip,
    t.location_code as asked_location, t.channel as asked_channel,
    t.transaction_category as asked_category, t.currency_code as asked_currency,
    t.transaction_type as asked_type,
    coalesce((
        select l.is_fraud from raw.transaction_labels l
        where l.transaction_id = h.transaction_id
          and greatest(
              l.known_at,
              ((h.occurred_at at time zone 'UTC')::date + 8)::timestamp at time zone 'UTC'
          ) <= t.known_at
        order by l.known_at desc, l.version desc limit 1
    ), false) as is_known_fraud
from raw.transactions t
join raw.transactions h
  on h.transaction_id <> t.transaction_id
 and h.known_at <= t.known_at
 and not exists (
     select 1 from raw.transactions n
     where n.transaction_id = h.transaction_id and n.version > h.version
       and n.known_at <= t.known_at)
"""

_EXACT = """
    count(*) filter (where mine and past and near({h})) as customer_transaction_count_{h}h,
    sum(spent) filter (where mine and past and near({h})) / 100.0
        as customer_amount_sum_{h}h,
    sum(spent) filter (where mine and past and near({h})) / 100.0
        / nullif(count(spent) filter (where mine and past and near({h})), 0)
        as customer_amount_avg_{h}h,"""
_DAYS = """
    count(*) filter (where mine and whole({d}, 0)) as customer_transaction_count_{d}d,
    sum(spent) filter (where mine and whole({d}, 0)) / 100.0
        as customer_amount_sum_{d}d,
    sum(spent) filter (where mine and whole({d}, 0)) / 100.0
        / nullif(count(spent) filter (where mine and whole({d}, 0)), 0)
        as customer_amount_avg_{d}d,"""
_MERCHANT = """
    count(*) filter (where theirs and whole({d}, 0)) as merchant_transaction_count_{d}d,
    count(*) filter (where theirs and whole({d} + 7, 7)) as merchant_matured_count_{d}d,"""
_FRAUDS = """
    count(*) filter (where theirs and is_known_fraud and whole({d} + 7, 7))::float8
        / nullif(count(*) filter (where theirs and whole({d} + 7, 7)), 0)
        as merchant_fraud_rate_{d}d,"""
_FRAUD_COUNT = """
    count(*) filter (where theirs and is_known_fraud and whole({d} + 7, 7))
        as merchant_fraud_count_{d}d,"""
_DISTINCT = """
    count(distinct {column}) filter (where mine and past and near(24))
        as customer_{name}_distinct_24h,"""
_NEW = """
    case when min(asked_{name}) is not null then
        count(*) filter (where mine and past and {column} = asked_{name}
            and day >= asked_day - 30) = 0 end as is_new_{name},"""
_FREQUENCY = """
    case when min(asked_{name}) is not null then
        count(*) filter (where mine and whole(30, 0) and {column} = asked_{name})::float8
        / nullif(count(*) filter (where mine and whole(30, 0)), 0) end
        as customer_{feature}_frequency_30d,"""
_RISK = """
    count(*) filter (
        where pays and {column} = asked_{name} and is_known_fraud and whole(37, 7))::float8
        / nullif(count(*) filter (where pays and {column} = asked_{name} and whole(37, 7)), 0)
        as {feature}_fraud_rate_30d,"""
_SHARED = """
    case when min(asked_{name}) is not null then
        count(distinct customer_id) filter (
            where pays and {column} = asked_{name} and past and near(24))
    end as {feature}_customer_distinct_24h,"""

_COLUMNS = "".join(
    (
        *(_EXACT.format(h=h) for h in (3, 6, 12, 24)),
        *(_DAYS.format(d=d) for d in (7, 30)),
        *(_MERCHANT.format(d=d) for d in (1, 7, 30)),
        *(_FRAUDS.format(d=d) for d in (1, 7, 30, 3, 14, 21)),
        *(_FRAUD_COUNT.format(d=d) for d in (3, 14, 21)),
        *(
            _DISTINCT.format(column=column, name=name)
            for column, name in (
                ("merchant_id", "merchant"),
                ("device_id", "device"),
                ("location_code", "location"),
                ("ip_address", "ip_address"),
            )
        ),
        *(
            _NEW.format(column=column, name=name)
            for column, name in (
                ("merchant_id", "merchant"),
                ("device_id", "device"),
                ("location_code", "location"),
            )
        ),
        *(
            _FREQUENCY.format(column=column, name=name, feature=feature)
            for column, name, feature in (
                ("channel", "channel", "channel"),
                ("transaction_category", "category", "category"),
                ("currency_code", "currency", "currency"),
                ("transaction_type", "type", "type"),
                ("card_bin", "bin", "card_bin"),
            )
        ),
        _RISK.format(column="card_bin", name="bin", feature="card_bin"),
        _RISK.format(column="device_id", name="device", feature="device"),
        _SHARED.format(column="device_id", name="device", feature="device"),
        _SHARED.format(column="ip_address", name="ip", feature="ip_address"),
    )
)


def _expanded(text: str) -> str:
    """Expand the shorthands near(hours) and whole(first, last)."""
    text = re.sub(r"near\((\d+)\)", r"occurred_at >= asked_at - interval '\1 hours'", text)
    return re.sub(
        r"whole\(([^,]+), ([^)]+)\)", r"(day >= asked_day - (\1) and day < asked_day - (\2))", text
    )


ORACLE = _expanded(f"""
select asked_id, asked_version, {_COLUMNS}
    count(*) filter (where mine and occurred_at = asked_at) as customer_same_instant_count,
    sum(spent) filter (where mine and whole(30, 14)) / 100.0
        / nullif(count(spent) filter (where mine and whole(30, 14)), 0)
        as customer_amount_avg_30d_to_14d,
    extract(epoch from min(asked_at) - max(occurred_at) filter (
        where mine and past and occurred_at >= asked_at - interval '720 hours'))::float8
        as customer_seconds_since_previous,
    count(*) filter (where mine and whole(7, 0) and spiked)::float8
        / nullif(count(*) filter (where mine and buys and whole(7, 0)), 0)
        as customer_spike_share_7d,
    count(*) filter (where mine and whole(14, 0) and spiked)::float8
        / nullif(count(*) filter (where mine and buys and whole(14, 0)), 0)
        as customer_spike_share_14d,
    count(*) filter (where mine and kind = 'check' and past and near(24))
        as customer_check_count_24h,
    count(*) filter (where refunded and whole(30, 0)) as customer_refund_count_30d,
    count(*) filter (where refunded and whole(30, 0))::float8
        / nullif(count(*) filter (where (mine or refunded) and whole(30, 0)), 0)
        as customer_refund_share_30d,
    count(*) filter (where theirs and kind = 'check' and whole(7, 0))::float8
        / nullif(count(*) filter (where theirs and whole(7, 0)), 0) as merchant_check_share_7d,
    count(*) filter (where given_back and whole(30, 0))::float8
        / nullif(count(*) filter (where (theirs or given_back) and whole(30, 0)), 0)
        as merchant_refund_share_30d
from (
    select known.*,
        known.kind in ('purchase', 'check') as pays,
        known.kind = 'purchase' as buys,
        case when known.kind = 'purchase' then known.amount_base_minor end as spent,
        known.customer_id = asked_customer and known.kind in ('purchase', 'check') as mine,
        known.merchant_id = asked_merchant and known.kind in ('purchase', 'check') as theirs,
        known.customer_id = asked_customer and known.kind in ('refund', 'reversal') as refunded,
        known.merchant_id = asked_merchant and known.kind in ('refund', 'reversal')
            as given_back,
        known.occurred_at < asked_at as past,
        known.kind = 'purchase' and coalesce(flagged.customer_amount_ratio_30d > 2.5, false)
            as spiked
    from known
    left join marts.feat_transactions as flagged using (transaction_id, version)
) as seen
group by asked_id, asked_version
""")
