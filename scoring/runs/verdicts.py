"""Read from the audit whether gates have passed a subject, whatever a task or a state says.

A gate's task can be marked successful by hand, and a state can be set. Only the gate writes a
verdict, and only after it has checked a table.
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
    """One gate in front of a subject, and the table that it must have checked.

    Attributes:
        suite: of the gate.
        subject: the run or the delivery, as the audit names it.
        table: with its schema.
        rows: the number of rows in the table.
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
        with gates_due as (
            select *
            from unnest(
                %(suites)s::text[], %(subjects)s::text[], %(tables)s::text[], %(rows)s::bigint[],
                %(since)s::timestamptz[]
            ) with ordinality as gates (suite, subject, checked_table, row_count, since, place)
        ),

        judged as (
            select
                gates_due.place,
                gates_due.suite,
                gates_due.subject,
                case
                    when newest.verdict is null then 'has left no verdict'
                    when newest.verdict <> all(%(passing)s)
                        then format('says %%s', newest.verdict)
                    when newest.checked_table is distinct from gates_due.checked_table
                        then format(
                            'has looked at %%s, not at %%s',
                            newest.checked_table, gates_due.checked_table
                        )
                    when
                        newest.rows_expected is distinct from gates_due.row_count
                        or newest.rows_checked is distinct from gates_due.row_count
                        then format(
                            'has looked at %%s rows, not at %%s',
                            newest.rows_checked, gates_due.row_count
                        )
                    when newest.validated_at <= gates_due.since
                        then 'has looked before the rows were written that stand there now'
                end as fault
            from gates_due
            left join lateral (
                select verdict, checked_table, rows_expected, rows_checked, validated_at
                from audit.validation_results as results
                where results.subject = gates_due.subject and results.suite = gates_due.suite
                order by results.validated_at desc
                limit 1
            ) as newest on true
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
