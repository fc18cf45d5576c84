"""Read and write the register of deliveries: states, reasons, and manual interventions."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any
from uuid import UUID

import psycopg
import structlog

from features.ingest import landing, tables
from features.ingest.arrivals import Arrival
from features.ingest.clock import whole
from features.ingest.receipts import DeliveryReceipt
from features.platform import seals
from features.platform.card_numbers import mask_name
from features.platform.errors import BadDeliveryError, ConfigurationError

log = structlog.get_logger(__name__)

#: Prefix of the reason of a delivery that a person has released.
RELEASED = "released: "

_RECEIPT = """
select
    delivery_id, source, feed, object_name, load_kind, state, landed_table,
    rows_in_file, rows_rejected, rows_duplicate, reason, notes
from raw.deliveries
"""


def matching(
    connection: psycopg.Connection[Any], condition: str, *values: object
) -> list[DeliveryReceipt]:
    """Return the receipts of the deliveries that fulfil a condition.

    Args:
        connection: of a role that may read the register.
        condition: SQL of this package, optionally with an order, a limit or a lock.
        values: its parameters.
    """
    query = f"{_RECEIPT} where {condition}"
    rows = connection.execute(query.encode(), values)
    return [DeliveryReceipt(*(*row[:-1], tuple(row[-1]))) for row in rows]


def get(connection: psycopg.Connection[Any], delivery_id: UUID) -> DeliveryReceipt:
    """Return the receipt of one delivery.

    Raises:
        ConfigurationError: the delivery is unknown.
    """
    receipts = matching(connection, "delivery_id = %s", delivery_id)
    if not receipts:
        raise ConfigurationError(f"there is no delivery {delivery_id}")
    return receipts[0]


def claimed(connection: psycopg.Connection[Any], delivery_id: UUID) -> DeliveryReceipt:
    """Lock a delivery for a change of state in the caller's transaction; return its receipt.

    Other sessions that change its state wait until the transaction ends. A session locks the
    register's row before the landed table. The reverse order deadlocks with an admission, which
    drops that table.

    Raises:
        ConfigurationError: the delivery is unknown.
    """
    connection.execute(
        "select from raw.deliveries where delivery_id = %s for update", (delivery_id,)
    )
    return get(connection, delivery_id)


def waiting(connection: psycopg.Connection[Any], source: str, feed: str) -> list[DeliveryReceipt]:
    """Return the parsed deliveries of a feed that wait for admission, in order of arrival."""
    return matching(
        connection,
        "source = %s and feed = %s and state = 'parsed' "
        "order by load_kind = 'live', coalesce(arrived_at, received_at), "
        'object_name collate "C", received_at',
        source,
        feed,
    )


def by_content(
    connection: psycopg.Connection[Any], source: str, feed: str, sha256: str
) -> DeliveryReceipt | None:
    """Return the newest delivery with these bytes."""
    receipts = matching(
        connection,
        "source = %s and feed = %s and content_sha256 = %s "
        "and state <> 'discarded' order by received_at desc limit 1",
        source,
        feed,
        sha256,
    )
    return receipts[0] if receipts else None


def register(
    connection: psycopg.Connection[Any], receipt: DeliveryReceipt, arrival: Arrival
) -> None:
    """Write a delivery and its rejected rows into the register."""
    lines = receipt.lines
    counted = [None] * 6 if lines is None else astuple(lines)
    connection.execute(
        """
        insert into raw.deliveries (
            delivery_id, source, feed, object_name, content_sha256, size_bytes, load_kind, state,
            reason, landed_table, rows_in_file, rows_rejected, rows_duplicate, notes, arrived_at,
            changed_at, object_tag, follows, lines_in_file, header_lines, blank_lines,
            continuation_lines, lines_rejected, lines_duplicate, description_sha256, retry_of,
            first_seen_at
        ) values (
            %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
            %s, %s, %s, %s, (
                select coalesce(first_seen_at, received_at) from raw.deliveries
                where delivery_id = %s
            )
        )
        """,
        (
            receipt.delivery_id,
            receipt.source,
            receipt.feed,
            receipt.object_name,
            arrival.sha256,
            arrival.size,
            receipt.load_kind,
            receipt.state,
            receipt.reason,
            receipt.landed_table,
            receipt.rows_in_file,
            receipt.rows_rejected,
            receipt.rows_duplicate,
            list(receipt.notes),
            arrival.info.modified_at,
            arrival.info.changed_at,
            arrival.info.tag,
            arrival.follows,
            *counted,
            arrival.description,
            arrival.retry_of,
            arrival.retry_of,
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
    seals.seal(connection, "delivery", receipt.delivery_id)


def hold(delivery_id: UUID, reason: str, connection: psycopg.Connection[Any]) -> None:
    """Hold a parsed delivery until a person releases or discards it.

    Raises:
        BadDeliveryError: the delivery is neither parsed nor held.
    """
    with whole(connection):
        _move(connection, delivery_id, ("parsed", "held"), "held", reason)
        receipt = get(connection, delivery_id)
    log.warning(
        "delivery_held",
        delivery_id=str(delivery_id),
        feed=receipt.feed,
        object_name=ascii(receipt.object_name),
        reason=mask_name(reason),
    )


def release(delivery_id: UUID, reason: str, connection: psycopg.Connection[Any]) -> DeliveryReceipt:
    """Release a held delivery for admission; its rows become known at their admission.

    Raises:
        BadDeliveryError: the delivery is not held, or its file could not be read.
    """
    with whole(connection):
        receipt = claimed(connection, delivery_id)
        if receipt.state == "held" and not has_landed_rows(connection, receipt):
            raise BadDeliveryError(
                f"delivery {delivery_id} of {receipt.feed} has no rows to release "
                f"({receipt.reason}): discard it and deliver the file again"
            )
        _move(connection, delivery_id, ("held",), "parsed", f"{RELEASED}{reason}")
        receipt = get(connection, delivery_id)
    log.info("delivery_released", delivery_id=str(delivery_id), reason=mask_name(reason))
    return receipt


def discard(delivery_id: UUID, reason: str, connection: psycopg.Connection[Any]) -> None:
    """Discard a delivery; the same bytes may be delivered again.

    Raises:
        BadDeliveryError: the delivery is admitted or discarded.
    """
    with whole(connection):
        receipt = get(connection, delivery_id)
        _move(connection, delivery_id, ("parsed", "held"), "discarded", reason)
        landing.drop(connection, receipt.landed_table)
        connection.execute(
            "update raw.deliveries set landed_table = null where delivery_id = %s", (delivery_id,)
        )
    log.warning("delivery_discarded", delivery_id=str(delivery_id), reason=mask_name(reason))


def supersede(
    connection: psycopg.Connection[Any], receipt: DeliveryReceipt, object_name: str
) -> None:
    """Discard a held delivery whose bytes arrived again under another suffix."""
    try_discard(connection, receipt, f"delivered again as {object_name}")


def has_landed_rows(connection: psycopg.Connection[Any], receipt: DeliveryReceipt) -> bool:
    """Return whether the landed table of a delivery still has its rows."""
    if receipt.landed_table is None:
        return False
    try:
        with connection.transaction():
            return not receipt.rows_landed or tables.holds_rows(connection, receipt.landed_table)
    except psycopg.errors.UndefinedTable:  # another session has admitted it meanwhile
        return False


def try_discard(connection: psycopg.Connection[Any], receipt: DeliveryReceipt, reason: str) -> bool:
    """Discard a delivery unless another session has changed its state; return whether it did."""
    moved = connection.execute(
        "update raw.deliveries set state = 'discarded', reason = %s, landed_table = null "
        "where delivery_id = %s and state = %s",
        (reason, receipt.delivery_id, receipt.state),
    )
    if moved.rowcount == 1:
        seals.seal(connection, "delivery", receipt.delivery_id)
    return moved.rowcount == 1


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
        (state, mask_name(reason), delivery_id, list(allowed)),
    )
    if moved.rowcount != 1:
        receipt = get(connection, delivery_id)
        raise BadDeliveryError(
            f"delivery {delivery_id} of {receipt.feed} is {receipt.state}, "
            f"not {' or '.join(allowed)}"
        )
    seals.seal(connection, "delivery", delivery_id)
