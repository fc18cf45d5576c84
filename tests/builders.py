"""Build raw rows for tests: valid by default, and admitted as the ingest side would."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from features.platform import seals

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
_numbers = itertools.count(1)


def a_transaction(**overrides: Any) -> dict[str, Any]:
    """Return one version of a transaction: 10.00 USD at noon, known at once."""
    row: dict[str, Any] = {
        "transaction_id": f"t{next(_numbers)}",
        "version": 1,
        "occurred_at": NOON,
        "is_history": False,
        "customer_id": "c1",
        "merchant_id": "m1",
        "amount_minor": 1000,
        "currency_code": "USD",
        "transaction_type": 1,
        "card_bin": "411111",
        "ip_address": "192.0.2.1",
        "device_id": "d1",
        "location_code": "US-NY",
        "channel": "web",
        "transaction_category": "grocery",
        **overrides,
    }
    row.setdefault("known_at", row["occurred_at"])
    row.setdefault("amount_base_minor", row["amount_minor"])
    return row


def a_sale(**overrides: Any) -> dict[str, Any]:
    """Return one version of a line of an order: one piece for 10.00 USD at noon, known at once."""
    number = next(_numbers)
    row: dict[str, Any] = {
        "sale_line_id": f"s{number}",
        "version": 1,
        "content_digest": b"-",
        "occurred_at": NOON,
        "is_history": False,
        "merchant_id": "m1",
        "order_id": f"o{number}",
        "customer_id": "c1",
        "product_id": "p1",
        "category": "tea",
        "channel": "web",
        "quantity": 1,
        "unit_price_minor": 1000,
        "discount_minor": None,
        "currency_code": "USD",
        "event": "sale",
        "is_merchandise": True,
        **overrides,
    }
    row.setdefault("known_at", row["occurred_at"])
    row.setdefault("unit_price_base_minor", row["unit_price_minor"])
    row.setdefault("discount_base_minor", row["discount_minor"])
    return row


def a_label(transaction_id: str, known_at: datetime, **overrides: Any) -> dict[str, Any]:
    """Return one label version: a fraud, reported by a chargeback."""
    return {
        "transaction_id": transaction_id,
        "version": 1,
        "is_fraud": True,
        "known_at": known_at,
        "provenance": "chargeback",
        "source": "test",
        **overrides,
    }


def an_application(**overrides: Any) -> dict[str, Any]:
    """Return one version of a loan application: 12,000 USD over 36 months, known at once."""
    row: dict[str, Any] = {
        "application_id": f"a{next(_numbers)}",
        "version": 1,
        "applied_at": NOON,
        "is_history": False,
        "customer_id": "c1",
        "requested_amount_minor": 1_200_000,
        "currency_code": "USD",
        "term_months": 36,
        "purpose": "car",
        "annual_income_minor": 6_000_000,
        "employment_years": 5,
        "home_ownership": "RENT",
        "debt_to_income_percent": 12.5,
        "fico_low": 700,
        "fico_high": 704,
        "revolving_utilisation_percent": 45.0,
        "inquiry_count_6m": 1,
        "delinquency_count_2y": 0,
        "public_record_count": 0,
        **overrides,
    }
    row.setdefault("known_at", row["applied_at"])
    row.setdefault("requested_amount_base_minor", row["requested_amount_minor"])
    row.setdefault("annual_income_base_minor", row["annual_income_minor"])
    return row


def an_outcome(application_id: str, known_at: datetime, **overrides: Any) -> dict[str, Any]:
    """Return one label version of a loan: charged off, as reported by the servicer."""
    return {
        "application_id": application_id,
        "version": 1,
        "outcome": "charged_off",
        "is_policy_exception": False,
        "known_at": known_at,
        "provenance": "servicer",
        "source": "test",
        **overrides,
    }


def insert_transactions(db: Any, rows: Sequence[dict[str, Any]]) -> int:
    """Admit rows as one delivery; return its place in the order of admission."""
    with db.superuser() as connection:
        days = [row["occurred_at"].astimezone(UTC).date() for row in rows]
        connection.execute("select raw.ensure_transaction_days(%s, %s)", (min(days), max(days)))
        delivery = _admit(
            connection,
            "transactions",
            rows,
            first_occurred_at=min(row["occurred_at"] for row in rows),
            last_occurred_at=max(row["occurred_at"] for row in rows),
        )
        numbered = [row | delivery | {"row_number": n} for n, row in enumerate(rows, start=1)]
        _insert(connection, "transactions", numbered)
        narrow = ("transaction_id", "version", "customer_id", "occurred_at", "known_at")
        _insert(
            connection,
            "transaction_versions",
            [
                {name: row[name] for name in (*narrow, "delivery_seq", "is_history")}
                | {"content_digest": b"-"}
                for row in numbered
            ],
        )
        seals.seal(connection, "delivery", delivery["delivery_id"])
    return int(delivery["delivery_seq"])


def insert_labels(db: Any, rows: Sequence[dict[str, Any]]) -> int:
    """Admit labels as one delivery; return its place in the order of admission."""
    return _insert_label_rows(db, "transaction_labels", rows)


def insert_applications(db: Any, rows: Sequence[dict[str, Any]]) -> int:
    """Admit applications as one delivery; return its place in the order of admission."""
    return insert_events(db, "applications", "applied_at", rows)


def insert_sales(db: Any, rows: Sequence[dict[str, Any]]) -> int:
    """Admit lines of orders as one delivery; return its place in the order of admission."""
    return insert_events(db, "sales", "occurred_at", rows)


def insert_outcomes(db: Any, rows: Sequence[dict[str, Any]]) -> int:
    """Admit outcomes of loans as one delivery; return its place in the order of admission."""
    return _insert_label_rows(db, "application_labels", rows)


def insert_facts(db: Any, feed: str, rows: Sequence[dict[str, Any]]) -> int:
    """Admit facts of places, merchants, customers or products as one delivery."""
    usual = {"version": 1, "source": "test", "known_at": NOON}
    return _insert_label_rows(db, feed, [{**usual, **row} for row in rows])


def insert_events(db: Any, feed: str, event: str, rows: Sequence[dict[str, Any]]) -> int:
    """Admit versions of rows that happened at `event`; return their place in the order."""
    with db.superuser() as connection:
        delivery = _admit(
            connection,
            feed,
            rows,
            first_occurred_at=min(row[event] for row in rows),
            last_occurred_at=max(row[event] for row in rows),
        )
        numbered = [
            {"content_digest": b"-"} | row | delivery | {"row_number": n}
            for n, row in enumerate(rows, start=1)
        ]
        _insert(connection, feed, numbered)
        seals.seal(connection, "delivery", delivery["delivery_id"])
    return int(delivery["delivery_seq"])


def _insert_label_rows(db: Any, feed: str, rows: Sequence[dict[str, Any]]) -> int:
    with db.superuser() as connection:
        delivery = _admit(connection, feed, rows)
        _insert(connection, feed, [row | delivery for row in rows])
        seals.seal(connection, "delivery", delivery["delivery_id"])
    return int(delivery["delivery_seq"])


def _admit(
    connection: psycopg.Connection[Any], feed: str, rows: Sequence[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    newest = max(row["known_at"] for row in rows)
    clock = connection.execute(
        "update raw.ledger_clock set last_delivery_seq = last_delivery_seq + 1,"
        " last_known_at = greatest(last_known_at, %s) returning last_delivery_seq",
        (newest,),
    ).fetchone()
    delivery = {"delivery_id": uuid.uuid4(), "delivery_seq": clock[0] if clock else 0}
    _insert(
        connection,
        "deliveries",
        [
            {
                **delivery,
                "source": "test",
                "feed": feed,
                "object_name": f"{feed}-{delivery['delivery_seq']}.csv",
                "content_sha256": str(delivery["delivery_id"]),
                "size_bytes": 1,
                "load_kind": "history" if all(row.get("is_history") for row in rows) else "live",
                "state": "admitted",
                "rows_in_file": len(rows),
                "rows_admitted": len(rows),
                "known_at": newest,
                "admitted_at": newest,
                **more,
            }
        ],
    )
    return delivery


def _insert(
    connection: psycopg.Connection[Any], table: str, rows: Sequence[dict[str, Any]]
) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    statement = sql.SQL("insert into raw.{} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(sql.Placeholder() * len(names)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[row.get(name) for name in names] for row in rows])


def let_gates_pass(connection: psycopg.Connection[Any], run_id: uuid.UUID) -> None:
    """Write the verdicts of a run's gates as passed, without running the suites."""
    from scoring.domains import JOBS
    from scoring.runs import lifecycle, record

    run = record.load(connection, run_id)
    job = JOBS[run.job]
    for suite, table in (
        (job.gates.features.name, run.tables.features),
        (job.gates.decisions.name, run.tables.decisions),
    ):
        _insert_verdict(connection, suite, str(run_id), table, run.rows_claimed)
    lifecycle.mark_validated(connection, run_id)


def let_deliveries_pass(
    connection: psycopg.Connection[Any], received: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Write the verdicts of the deliveries' gates as passed; return the value of their task."""
    parsed = [delivery for delivery in received if delivery["state"] == "parsed"]
    for delivery in parsed:
        _insert_verdict(
            connection,
            f"raw.{delivery['feed']}",
            delivery["delivery_id"],
            delivery["landed_table"],
            delivery["rows_landed"],
        )
    return [{"subject": delivery["delivery_id"], "verdict": "passed"} for delivery in parsed]


def _insert_verdict(
    connection: psycopg.Connection[Any], suite: str, subject: str, table: str, rows: int
) -> None:
    connection.execute(
        "insert into audit.validation_results (suite, subject, checked_table, verdict, "
        "rows_expected, rows_checked, expectations) values (%s, %s, %s, 'passed', %s, %s, '[]')",
        (suite, subject, table, rows, rows),
    )
