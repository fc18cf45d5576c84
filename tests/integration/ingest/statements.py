"""Write and read statements about one key, in the feeds that tests compare."""

from __future__ import annotations

LABELS = "transaction_id,is_fraud,known_at,provenance\n"
RATES = "currency,rate_date,rate,known_at\n"

#: By feed: the query for the values of all versions, in their order.
VERSIONS = {
    "transactions": "select amount_minor::text from raw.transactions order by version",
    "transaction_labels": "select is_fraud::text from raw.transaction_labels order by version",
    "fx_rates": "select trim_scale(rate)::text from raw.fx_rates order by version",
}
