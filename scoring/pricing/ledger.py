"""Write the estimates of a merchant into `decisions.price_estimates`, all of them or none."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from features.platform import database
from scoring.pricing.errors import Interval
from scoring.pricing.estimates import Estimates
from scoring.pricing.history_reader import Merchant

TABLE = "decisions.price_estimates"
ESTIMATED, FAILED = "prices_estimated", "prices_not_estimated"


@dataclass(frozen=True, slots=True)
class Pins:
    """The inputs of an estimation: the same give the same figures.

    Args:
        as_of: later knowledge is ignored.
        data_sha256: over ids and days of the merchant.
        code_version: of the loaded code.
    """

    as_of: datetime
    data_sha256: bytes
    code_version: str


def holds(connection: psycopg.Connection[Any], merchant: Merchant, pins: Pins) -> bool:
    """Return whether the ledger holds the estimates of the same knowledge and data."""
    (exists,) = database.fetch_one(
        connection,
        "look for estimates of prices",
        "select exists (select from decisions.price_estimates"
        " where merchant_id = %s and as_of = %s and data_sha256 = %s)",
        (merchant.merchant_id, pins.as_of, pins.data_sha256),
    )
    return bool(exists)


def write(
    connection: psycopg.Connection[Any], merchant: Merchant, estimates: Estimates, pins: Pins
) -> bool:
    """Write one row per category and an event, in one transaction.

    Returns:
        Whether rows were written; a second writer of the same knowledge and data writes none.

    Raises:
        StatementError: Postgres refuses a row.
    """
    estimation_id = uuid.uuid4()
    rows = list(_rows(merchant, estimates))
    columns = ("estimation_id", "merchant_id", "as_of", "first_day", "last_day", *rows[0])
    columns = (*columns, "data_sha256", "code_version")
    statement = sql.SQL("insert into {} ({}) values ({}) on conflict do nothing").format(
        sql.Identifier(*TABLE.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    first_day, last_day = merchant.span
    common = {
        "estimation_id": estimation_id,
        "merchant_id": merchant.merchant_id,
        "as_of": pins.as_of,
        "first_day": first_day,
        "last_day": last_day,
        "data_sha256": pins.data_sha256,
        "code_version": pins.code_version,
    }
    with (
        database.named("write estimates of prices"),
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.executemany(statement, [common | row for row in rows])
        if not cursor.rowcount:
            return False
        detail = {
            "as_of": pins.as_of.isoformat(),
            "estimation_id": str(estimation_id),
            "categories": len(rows),
            "data_sha256": pins.data_sha256.hex(),
            "code_version": pins.code_version,
        }
        record(connection, ESTIMATED, merchant.merchant_id, detail)
    return True


def record(
    connection: psycopg.Connection[Any], event: str, merchant: str, detail: Mapping[str, Any]
) -> None:
    """Record an event of a merchant in `audit.events`."""
    with database.named("record an event of prices"):
        connection.execute(
            "insert into audit.events (event, subject, actor, detail) "
            "values (%s, %s, current_user, %s)",
            (event, merchant, Jsonb(detail)),
        )


def _rows(merchant: Merchant, estimates: Estimates) -> Iterator[dict[str, Any]]:
    for category, elasticity, uplift, products in zip(
        merchant.categories,
        estimates.elasticity,
        estimates.uplift,
        estimates.products,
        strict=True,
    ):
        yield {
            "category": category.name,
            "products": products,
            "elasticity_status": elasticity.status.value,
            **_bounds("elasticity", elasticity.shrunken),
            **_bounds("own_elasticity", elasticity.own),
            "moved_products": elasticity.moved_products,
            "uplift_status": uplift.status.value,
            **_bounds("gross_uplift", uplift.gross),
            **_bounds("pull_forward", uplift.pull_forward),
            "net_status": uplift.net_status.value,
            **_bounds("cannibalisation", uplift.cannibalisation),
            **_bounds("net_uplift", uplift.net),
            "base_units": uplift.base,
            "promoted_products": uplift.promoted_products,
        }


def _bounds(name: str, interval: Interval) -> dict[str, float | None]:
    values = {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return {column: None if math.isnan(value) else value for column, value in values.items()}
