"""Observes what became of transactions: the newest label, or silence until maturity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from features.platform.settings import Settings
from features.sources.source_set import source_set
from scoring.decision.observation import Labels, Observation
from scoring.fraud.comparison import knowledge

# Silence is no row here: a matured transaction without a label is genuine, and the branch of the
# view that lists them one by one is not run.
_JOIN = sql.SQL(
    """left join (
        select distinct on (transaction_id)
            transaction_id,
            is_fraud
        from marts.fct_transaction_labels
        where provenance <> 'matured_silence' and known_at <= {as_of}
        order by transaction_id, known_at desc, provenance_rank, label_version desc
    ) as label on label.transaction_id = ledger.transaction_id"""
)


def labels(connection: psycopg.Connection[Any], settings: Settings) -> Labels:
    """Return the labels known now; a transaction matures after the days of the sources.

    Args:
        connection: as role `score`.
        settings: name the sources.
    """
    known = knowledge(connection, settings, datetime.now(UTC))
    maturity = timedelta(days=source_set(settings).maturity_days)
    return Labels(
        _JOIN.format(as_of=sql.Literal(known.as_of)),
        sql.SQL("ledger.occurred_at + {} <= {}").format(
            sql.Literal(maturity), sql.Literal(known.as_of)
        ),
        sql.SQL("coalesce(label.is_fraud, false)"),
    )


OBSERVATION = Observation("fraud", labels)
