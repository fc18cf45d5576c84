"""Whether gates have let something pass: asked of the audit, never of who says so.

A task of a gate can be called successful by hand, and a state can be set. A verdict is written by
the gate alone, and only by looking at a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from expectations.validation import Verdict

#: The verdicts with which a subject may go on.
PASSING = (Verdict.PASSED, Verdict.WARNED, Verdict.NOTHING_TO_CHECK)


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate in front of a subject, and what it must have looked at.

    Attributes:
        suite: of the gate.
        subject: the run or the delivery, as the audit names it.
        table: with its schema.
        rows: what the table holds.
        since: when the last of these rows was written; a verdict before that is stale.
    """

    suite: str
    subject: str
    table: str | None
    rows: int
    since: datetime | None = None


def missing(connection: psycopg.Connection[Any], gates: Sequence[Gate]) -> list[str]:
    """Return which gates have not let their subject pass, and why; the newest verdict counts.

    Args:
        connection: of role `score`.
        gates: that must have passed.
    """
    rows = connection.execute(
        """
        with wanted as (
            select *
            from unnest(
                %(suites)s::text[], %(subjects)s::text[], %(tables)s::text[], %(rows)s::bigint[],
                %(since)s::timestamptz[]
            ) with ordinality as gates (suite, subject, checked_table, row_count, since, place)
        ),

        judged as (
            select
                wanted.place,
                wanted.suite,
                wanted.subject,
                case
                    when found.verdict is null then 'has left no verdict'
                    when found.verdict <> all(%(passing)s)
                        then format('says %%s', found.verdict)
                    when found.checked_table is distinct from wanted.checked_table
                        then format(
                            'has looked at %%s, not at %%s',
                            found.checked_table, wanted.checked_table
                        )
                    when
                        found.rows_expected is distinct from wanted.row_count
                        or found.rows_checked is distinct from wanted.row_count
                        then format(
                            'has looked at %%s rows, not at %%s',
                            found.rows_checked, wanted.row_count
                        )
                    when found.validated_at <= wanted.since
                        then 'has looked before the rows were written that stand there now'
                end as fault
            from wanted
            left join lateral (
                select verdict, checked_table, rows_expected, rows_checked, validated_at
                from audit.validation_results as results
                where results.subject = wanted.subject and results.suite = wanted.suite
                order by results.validated_at desc
                limit 1
            ) as found on true
        )

        select suite, subject, fault from judged where fault is not null order by place
        """,
        {
            "suites": [gate.suite for gate in gates],
            "subjects": [gate.subject for gate in gates],
            "tables": [gate.table for gate in gates],
            "rows": [gate.rows for gate in gates],
            "since": [gate.since for gate in gates],
            "passing": list(PASSING),
        },
    )
    return [f"gate {suite} of {subject} {fault}" for suite, subject, fault in rows]
