"""Read the register for an operator: the list of deliveries, and all that is known of one.

An example of a rejected row shows its shape, never its values: every letter and digit is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from features.ingest.hold_remedies import HOLD_REMEDIES, reason_of
from features.ingest.reasons import WITHHELD, HoldReason, RowReason
from features.ingest.remedies import remedy
from features.platform.errors import ConfigurationError
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed

STATES = ("parsed", "held", "admitted", "discarded")
EXAMPLES = 5
_CORRECT = "have the source correct these rows, and deliver them in a new file"
_NO_ACTION: Mapping[str, str] = {
    RowReason.NOT_KNOWN_YET: "none: the label comes in a later file",
    RowReason.OUTDATED_STATEMENT: "none: the newer statement counts",
}
_LONGEST_SHAPE = 160

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest deliveries, and the number of all deliveries by state."""

    deliveries: Sequence[Row]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Example:
    """One rejected row: its place, and the shape of its text."""

    row_number: int
    line_number: int | None
    shape: str


@dataclass(frozen=True, slots=True)
class Rejections:
    """The rejected rows of a delivery that share reason and column.

    Args:
        reason: the code.
        column: the canonical column; None for a reason of the whole row.
        expected: what the check expects.
        remedy: the key of the source's YAML that changes the verdict, or the action.
        rows: how many.
        examples: the first rows.
    """

    reason: str
    column: str | None
    expected: str
    remedy: str
    rows: int
    examples: Sequence[Example]


@dataclass(frozen=True, slots=True)
class Report:
    """All that the register has of one delivery.

    Args:
        delivery: the row of the register.
        rejections: rejected rows by reason and column, most frequent first.
        repeats: later arrivals of the same bytes.
        retried_as: the delivery that replaced this one.
        verdicts: of the gate of deliveries, newest first.
        next_step: the action of the operator.
    """

    delivery: Row
    rejections: Sequence[Rejections]
    repeats: Sequence[Row]
    retried_as: UUID | None
    verdicts: Sequence[Row]
    next_step: str


_MATCHES = """
    (%(source)s::text is null or source = %(source)s)
    and (%(feed)s::text is null or feed = %(feed)s)
"""
_LISTED = sql.SQL(
    """
    select
        delivery_id, source, feed, object_name, load_kind, state, reason, rows_in_file,
        rows_admitted, rows_rejected, rows_duplicate, notes, retry_of, received_at, admitted_at,
        clock_timestamp() - received_at as age
    from raw.deliveries
    where {matches} and (%(state)s::text is null or state = %(state)s)
    order by received_at desc
    limit %(limit)s
    """
).format(matches=sql.SQL(_MATCHES))
_COUNTS = sql.SQL("select state, count(*) as n from raw.deliveries where {} group by state").format(
    sql.SQL(_MATCHES)
)
_REJECTIONS = """
    select reason, detail, count(*) as rows
    from raw.rejected_rows
    where delivery_id = %s
    group by reason, detail
    order by rows desc, reason, detail
"""
_EXAMPLES = """
    select row_number, line_number, original
    from raw.rejected_rows
    where delivery_id = %s and reason = %s and detail = %s
    order by row_number
    limit %s
"""


def listing(
    connection: psycopg.Connection[Any],
    *,
    state: str | None = None,
    source: str | None = None,
    feed: str | None = None,
    limit: int = 20,
) -> Listing:
    """Return the newest deliveries of a selection, and the counts of the selection by state.

    Args:
        connection: of a role that reads the register.
        state: only deliveries in this state; the counts cover all states.
        source: only deliveries of this source.
        feed: only deliveries of this feed.
        limit: how many deliveries at most.
    """
    values = {"state": state, "source": source, "feed": feed, "limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        deliveries = cursor.execute(_LISTED, values).fetchall()
        counts = {row["state"]: row["n"] for row in cursor.execute(_COUNTS, values)}
    return Listing(deliveries, {name: counts.get(name, 0) for name in STATES})


def report(
    connection: psycopg.Connection[Any], delivery_id: UUID, sources: Sources | None = None
) -> Report:
    """Return all that the register has of one delivery.

    Args:
        connection: of a role that reads the register.
        delivery_id: of the delivery.
        sources: the present descriptions, which decide the key to change; None names no keys.

    Raises:
        ConfigurationError: the delivery is unknown.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        delivery = cursor.execute(
            "select * from raw.deliveries where delivery_id = %s", (delivery_id,)
        ).fetchone()
        if delivery is None:
            raise ConfigurationError(
                f"there is no delivery {delivery_id}: `vesper deliveries list` names them"
            )
        groups = cursor.execute(_REJECTIONS, (delivery_id,)).fetchall()
        feed = sources.described(delivery["source"], delivery["feed"]) if sources else None
        rejections = [
            _rejections(feed, row, cursor.execute(_EXAMPLES, _place(delivery_id, row)).fetchall())
            for row in groups
        ]
        repeats = cursor.execute(
            "select object_name, arrived_at, seen_at from raw.repeated_deliveries "
            "where delivery_id = %s order by seen_at",
            (delivery_id,),
        ).fetchall()
        later = cursor.execute(
            "select delivery_id from raw.deliveries where retry_of = %s", (delivery_id,)
        ).fetchone()
        verdicts = cursor.execute(
            "select validated_at, suite, verdict, rows_expected, rows_checked, report "
            "from audit.validation_results where subject = %s order by validated_at desc limit 5",
            (str(delivery_id),),
        ).fetchall()
    retried_as = later["delivery_id"] if later else None
    return Report(
        delivery, rejections, repeats, retried_as, verdicts, next_step(delivery, retried_as)
    )


def shape_of(text: str) -> str:
    """Return a text with `9` for every digit and `a` or `A` for every letter, cut where it is long.

    Invisible characters become escapes. The sentence in place of a row that may not be kept stays.
    """
    if text == WITHHELD:
        return text
    shape = "".join(map(_letter, text[:_LONGEST_SHAPE]))
    return shape if len(text) <= _LONGEST_SHAPE else f"{shape}…"


def _letter(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if letter.isalpha():
        return "A" if letter.isupper() else "a"
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()


def _place(delivery_id: UUID, group: Row) -> tuple[object, ...]:
    return delivery_id, group["reason"], group["detail"], EXAMPLES


def _rejections(feed: SourceFeed | None, group: Row, rows: Sequence[Row]) -> Rejections:
    column, _, expected = group["detail"].partition(": ")
    if not expected or not column.isidentifier():
        column, expected = None, group["detail"]
    examples = [
        Example(row["row_number"], row["line_number"], shape_of(row["original"])) for row in rows
    ]
    advice = remedy_of(group["reason"], column or "", feed)
    return Rejections(group["reason"], column, expected, advice, group["rows"], examples)


def remedy_of(reason: str, column: str, feed: SourceFeed | None) -> str:
    """Return the key of the description, or the action, for the rows of one reason.

    Args:
        reason: the code.
        column: canonical name; empty for a reason of the whole row.
        feed: as described now; None where the description cannot be read.
    """
    if reason in _NO_ACTION:
        return _NO_ACTION[reason]
    if feed is None or reason not in set(RowReason):
        return _CORRECT
    return remedy(RowReason(reason), column, (), feed) or _CORRECT


def next_step(delivery: Row, retried_as: UUID | None) -> str:
    """Return the action of the operator for a delivery.

    Args:
        delivery: the row of the register.
        retried_as: the delivery that replaced it.
    """
    name = delivery["delivery_id"]
    if retried_as is not None:
        return f"vesper deliveries show {retried_as}"
    match delivery["state"]:
        case "parsed":
            return "vesper ingest runs its gate and admits it"
        case "admitted":
            return "none; a correction comes as a new file"
        case "discarded":
            return "deliver the file again"
    code = reason_of(delivery["reason"])
    remedy = HOLD_REMEDIES[code].text if code else "ask the source for a corrected file"
    has_rows = delivery["landed_table"] is not None
    discard = f'vesper deliveries discard {name} --reason "…"'
    if code is HoldReason.UNSAFE_NAME:  # never opened, so no retry can help
        return f"{remedy}; then {discard}"
    ways = [f"vesper deliveries retry {name}"]
    ways += [f'vesper deliveries release {name} --reason "…"'] if has_rows else []
    ways += [discard]
    return (
        f"{remedy}. The next ingest takes the file again after its description has changed; at "
        f"once: {'; '.join(ways)}"
    )
