"""Builds the SQL of the applicant's card transactions before an application.

Scoring reads this history once and keeps it in the ledger row with the decisions' ids, so a replay
needs no other table. The decision of a transaction is its newest revision that was published at the
claim of the run. A label that calls the transaction genuine cancels a review or decline.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg import sql

#: The tables of the card side, by name: domains do not import each other.
_TRANSACTIONS = sql.Identifier("raw", "transactions")
_LEDGER = sql.Identifier("decisions", "transaction_decisions")
_BEFORE = sql.SQL(
    """
    {table} as features
    cross join lateral (
        select
            count(decided.decision) as fraud_decision_count,
            count(*) filter (where decided.is_live and decided.decision = 'review')
                as fraud_review_count,
            count(*) filter (where decided.is_live and decided.decision = 'decline')
                as fraud_decline_count,
            count(*) filter (where decided.is_confirmed) as fraud_confirmed_count,
            max(decided.fraud_probability) as fraud_highest_probability,
            coalesce(
                jsonb_agg(decided.decision_id order by decided.decision_id) filter (
                    where
                    decided.decision_id is not null
                    and (
                        decided.is_confirmed
                        or (decided.is_live and decided.decision <> 'approve')
                        or decided.place = 1
                    )
                ),
                '[]'
            ) as fraud_decision_ids
        from (
            select
                answered.decision,
                answered.fraud_probability,
                answered.decision_id,
                coalesce(labelled.is_fraud, false) as is_confirmed,
                coalesce(labelled.is_fraud, true) as is_live,
                row_number() over (
                    order by answered.fraud_probability desc nulls last, answered.decision_id
                ) as place
            from (
                select distinct rows.transaction_id
                from {transactions} as rows
                where
                    rows.customer_id = features.customer_id
                    and rows.occurred_at >= features.applied_at - {look_back}::interval
                    and rows.occurred_at < features.applied_at
                    and rows.known_at <= {cutoff}::timestamptz
            ) as transactions
            left join lateral (
                select
                    ledger.decision,
                    ledger.fraud_probability,
                    'transactions/' || ledger.transaction_id || '/' || ledger.revision
                        as decision_id
                from {ledger} as ledger
                inner join decisions.runs on runs.run_id = ledger.run_id
                where
                    ledger.transaction_id = transactions.transaction_id
                    and runs.published_at <= {claimed_at}::timestamptz
                order by ledger.revision desc
                limit 1
            ) as answered on true
            left join lateral (
                select labels.is_fraud
                from raw.transaction_labels as labels
                where
                    labels.transaction_id = transactions.transaction_id
                    and labels.known_at <= {cutoff}::timestamptz
                order by labels.version desc
                limit 1
            ) as labelled on true
        ) as decided
    ) as evidence
    """
)


def beside(
    table: sql.Composable, look_back: timedelta, cutoff: datetime, claimed_at: datetime
) -> sql.Composable:
    """Return the SQL of feature rows, as `features`, with their card history, as `evidence`.

    Args:
        table: the feature rows.
        look_back: the period of card history before the application.
        cutoff: transactions and labels known later are ignored.
        claimed_at: decisions published later are ignored. The cut-off does not apply to them,
            because a decision comes later than its transaction.
    """
    return _BEFORE.format(
        table=table,
        transactions=_TRANSACTIONS,
        ledger=_LEDGER,
        look_back=sql.Literal(look_back),
        cutoff=sql.Literal(cutoff),
        claimed_at=sql.Literal(claimed_at),
    )
