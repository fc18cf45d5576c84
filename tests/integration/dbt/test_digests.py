"""The digest of a feature row covers every column that a decision reads."""

from __future__ import annotations

import json

from psycopg import sql

from features.views import CUSTOMERS
from features.views.digests import feature_digest
from tests.conftest import Db

ROW = dict.fromkeys(CUSTOMERS.columns, 1) | {
    "card_customer_night_id": "c1/2026-03-01",
    "version": 1,
    "category_spend_90d": '{"travel": 5}',
}


def test_another_mix_of_categories_is_another_digest(built: Db) -> None:
    query = sql.SQL(
        "select {} from jsonb_populate_record(null::marts.feat_customers, {}::jsonb) as f"
    )
    with built.superuser() as connection:
        first, again, other = (
            connection.execute(
                query.format(feature_digest(CUSTOMERS, "f"), sql.Literal(json.dumps(ROW | changed)))
            ).fetchone()
            for changed in ({}, {}, {"category_spend_90d": '{"food": 5}'})
        )

    assert first == again
    assert first != other
