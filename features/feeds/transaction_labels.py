"""Labels of transactions: whether a transaction was fraud, as one provenance says it."""

from __future__ import annotations

from features.feeds.admissions import Labels
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import APPLICATION_SCORING, TRANSACTION_SCORING

TRANSACTION_LABELS = Feed(
    name="transaction_labels",
    table="raw.transaction_labels",
    columns=(
        column("transaction_id", ColumnKind.ID, required=True, key=True),
        column("is_fraud", ColumnKind.FLAG, required=True),
        column("known_at", ColumnKind.INSTANT, "declared_known_at"),
        column("provenance", ColumnKind.PROVENANCE, filled=True, key=True),
    ),
    admission=Labels(
        stated=("is_fraud",),
        first_known_at="""
            landed.declared_known_at,
            (
                select
                    transactions.occurred_at
                    + coalesce(
                        (%(latencies)s::jsonb ->> landed.provenance)::interval, %(latency)s
                    )
                from raw.transaction_versions as transactions
                where transactions.transaction_id = landed.transaction_id
                order by transactions.version desc
                limit 1
            )
        """,
    ),
    read_by=(TRANSACTION_SCORING, APPLICATION_SCORING),
)
