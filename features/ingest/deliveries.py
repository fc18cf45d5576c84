"""The register of deliveries: what came, what became of it, and the hand of a person on it."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any
from uuid import UUID

import psycopg
import structlog

from features.errors import BadDeliveryError, ConfigurationError
from features.ingest import landing
from features.ingest.clock import whole
from features.ingest.receipts import DeliveryReceipt
from features.objects import ObjectInfo

log = structlog.get_logger(__name__)

LOST = "the landed rows were lost in a restart of the server"

_RECEIPT = """
select
    delivery_id, source, feed, object_name, load_kind, state, landed_table,
    rows_in_file, rows_rejected, rows_duplicate, reason
from raw.deliveries
"""


def get(connection: psycopg.Connection[Any], delivery_id: UUID) -> DeliveryReceipt:
    """Return what the register says of one delivery.

    Raises:
        ConfigurationError: there is no such delivery.
    """
    row = connection.execute(
        f"{_RECEIPT} where delivery_id = %s",
        (delivery_id,),
    ).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no delivery {delivery_id}")
    return DeliveryReceipt(*row)


def waiting(connection: psycopg.Connection[Any], source: str, feed: str) -> list[DeliveryReceipt]:
    """Return the deliveries of a feed that are parsed and not admitted, in order of arrival."""
    rows = connection.execute(
        f"{_RECEIPT} where source = %s and feed = %s and state = 'parsed' "
        "order by load_kind = 'live', received_at, object_name",
        (source, feed),
    )
    return [DeliveryReceipt(*row) for row in rows]


def by_content(
    connection: psycopg.Connection[Any], source: str, feed: str, sha256: str
) -> DeliveryReceipt | None:
    """Return the delivery that brought these bytes."""
    row = connection.execute(
        f"{_RECEIPT} where source = %s and feed = %s and content_sha256 = %s "
        "and state <> 'discarded'",
        (source, feed, sha256),
    ).fetchone()
    return DeliveryReceipt(*row) if row else None


def taken(
    connection: psycopg.Connection[Any], source: str, feed: str, objects: list[ObjectInfo]
) -> set[str]:
    """Return the names of objects that were taken before and have not changed since."""
    rows = connection.execute(
        """
        with offered as (
            select * from unnest(%s::text[], %s::bigint[], %s::timestamptz[])
                as objects (object_name, size_bytes, modified_at)
        ),

        seen as (
            select object_name, delivery_id, received_at as seen_at from raw.deliveries
            union all
            select object_name, delivery_id, seen_at from raw.repeated_deliveries
        )

        select distinct offered.object_name
        from offered
        inner join seen on seen.object_name = offered.object_name
        inner join raw.deliveries on deliveries.delivery_id = seen.delivery_id
        where
            deliveries.source = %s
            and deliveries.feed = %s
            -- what a person gave up stays given up; what a crash took is taken again
            and (deliveries.state <> 'discarded' or deliveries.reason <> %s)
            and deliveries.size_bytes = offered.size_bytes
            and offered.modified_at < seen.seen_at
        """,
        (
            [info.name for info in objects],
            [info.size for info in objects],
            [info.modified_at for info in objects],
            source,
            feed,
            LOST,
        ),
    )
    return {name for (name,) in rows}


def note_repeated(connection: psycopg.Connection[Any], delivery_id: UUID, object_name: str) -> None:
    """Write down that the bytes of a delivery came once more."""
    connection.execute(
        "insert into raw.repeated_deliveries (delivery_id, object_name) values (%s, %s) "
        "on conflict do nothing",
        (delivery_id, object_name),
    )


def register(
    connection: psycopg.Connection[Any], receipt: DeliveryReceipt, sha256: str, size: int
) -> None:
    """Write a delivery into the register, and its rejected rows where there are any."""
    lines = receipt.lines
    counted = [None] * 6 if lines is None else astuple(lines)
    connection.execute(
        """
        insert into raw.deliveries (
            delivery_id, source, feed, object_name, content_sha256, size_bytes, load_kind, state,
            reason, landed_table, rows_in_file, rows_rejected, rows_duplicate, lines_in_file,
            header_lines, blank_lines, continuation_lines, lines_rejected, lines_duplicate
        ) values (
            %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
        )
        """,
        (
            receipt.delivery_id,
            receipt.source,
            receipt.feed,
            receipt.object_name,
            sha256,
            size,
            receipt.load_kind,
            receipt.state,
            receipt.reason,
            receipt.landed_table,
            receipt.rows_in_file,
            receipt.rows_rejected,
            receipt.rows_duplicate,
            *counted,
        ),
    )
    if receipt.rows_rejected:
        connection.execute(
            """
            insert into raw.rejected_rows (
                delivery_id, source, object_name, row_number, line_number, line_count, reason,
                detail, original
            )
            select
                %s, %s, %s, row_number, line_number, line_count, reason, detail, original
            from rejected
            """,
            (receipt.delivery_id, receipt.source, receipt.object_name),
        )


def hold(delivery_id: UUID, reason: str, connection: psycopg.Connection[Any]) -> None:
    """Hold a parsed delivery until a person releases or discards it.

    Raises:
        BadDeliveryError: it is neither parsed nor held.
    """
    with whole(connection):
        _move(connection, delivery_id, ("parsed", "held"), "held", reason)
    log.warning("delivery_held", delivery_id=str(delivery_id), reason=reason)


def release(delivery_id: UUID, reason: str, connection: psycopg.Connection[Any]) -> DeliveryReceipt:
    """Let a held delivery be admitted; its rows become known when they are.

    Raises:
        BadDeliveryError: it is not held, or nothing of it could be read.
    """
    with whole(connection):
        receipt = get(connection, delivery_id)
        if receipt.state == "held" and not _is_whole(connection, receipt):
            raise BadDeliveryError(
                f"delivery {delivery_id} of {receipt.feed} has no rows to release "
                f"({receipt.reason}): discard it and deliver the file again"
            )
        _move(connection, delivery_id, ("held",), "parsed", f"released: {reason}")
        receipt = get(connection, delivery_id)
    log.info("delivery_released", delivery_id=str(delivery_id), reason=reason)
    return receipt


def discard(delivery_id: UUID, reason: str, connection: psycopg.Connection[Any]) -> None:
    """Give a delivery up; the same bytes may come again.

    Raises:
        BadDeliveryError: it is admitted or discarded.
    """
    with whole(connection):
        receipt = get(connection, delivery_id)
        _move(connection, delivery_id, ("parsed", "held"), "discarded", reason)
        landing.drop(connection, receipt.landed_table)
        connection.execute(
            "update raw.deliveries set landed_table = null where delivery_id = %s", (delivery_id,)
        )
    log.warning("delivery_discarded", delivery_id=str(delivery_id), reason=reason)


def supersede(
    connection: psycopg.Connection[Any], receipt: DeliveryReceipt, object_name: str
) -> None:
    """Give up a held delivery whose bytes came again under another suffix."""
    reason = f"delivered again as {object_name}"
    _move(connection, receipt.delivery_id, ("held",), "discarded", reason)


def discard_lost(connection: psycopg.Connection[Any], source: str, feed: str) -> None:
    """Give up parsed deliveries whose rows a crash of Postgres took; their files come again."""
    for receipt in waiting(connection, source, feed):
        if not _is_whole(connection, receipt):
            _move(connection, receipt.delivery_id, ("parsed",), "discarded", LOST)
            landing.drop(connection, receipt.landed_table)
            log.warning("delivery_lost", delivery_id=str(receipt.delivery_id), feed=feed)


def _is_whole(connection: psycopg.Connection[Any], receipt: DeliveryReceipt) -> bool:
    if receipt.landed_table is None:
        return False
    return not receipt.rows_landed or landing.holds_rows(connection, receipt.landed_table)


def _move(
    connection: psycopg.Connection[Any],
    delivery_id: UUID,
    allowed: tuple[str, ...],
    state: str,
    reason: str,
) -> None:
    moved = connection.execute(
        "update raw.deliveries set state = %s, reason = %s "
        "where delivery_id = %s and state = any(%s)",
        (state, reason, delivery_id, list(allowed)),
    )
    if moved.rowcount != 1:
        found = get(connection, delivery_id)
        raise BadDeliveryError(
            f"delivery {delivery_id} of {found.feed} is {found.state}, not {' or '.join(allowed)}"
        )
