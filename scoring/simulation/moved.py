"""Keeps the rows whose outcome moves in a temporary table, and asks it what customers will notice.

Only moved rows are kept, so the table is small beside the ledger. Reasons are computed for these
rows alone: the adverse action notice of a customer changes, appears or falls away.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import database, progress, readers
from features.platform.arrays import Flags
from features.platform.errors import ConfigurationError, ModelUnavailableError
from scoring.evidence import decided_rows, divergence
from scoring.runs import record
from scoring.runs.job import Job
from scoring.simulation.report import ReasonChange, Reasons
from scoring.simulation.tally import Chunk

#: A customer who is first let through and then stopped, or the other way round, complains.
COMPLAINT_DAYS = 30
MOST_EXPLAINED = 10_000  # moved rows whose reasons are computed, in the order of a hash
CHUNK_ROWS = 20_000

#: Decides n rows, given their features and what the ledger says of their scores.
Decide = Callable[[pa.Table, pa.Table], pa.Table]
Maker = Callable[[record.Run], Decide]


class MovedRows:
    """The temporary table `moved` of one session."""

    def __init__(
        self, connection: psycopg.Connection[Any], job: Job, *, every_row: bool = False
    ) -> None:
        """Make the table.

        Args:
            connection: of role `score`, in autocommit.
            job: the job of the ledger.
            every_row: keep all rows, moved or not, to compare every one with its record.
        """
        self.connection = connection
        self.job = job
        self.every_row = every_row
        connection.execute("drop table if exists moved")
        connection.execute(
            sql.SQL(
                "create temporary table moved ({} text, revision integer, direction smallint, "
                "version integer, run_id uuid, chunk integer)"
            ).format(job.subject_id)
        )

    def keep(self, rows: pa.Table, chunk: Chunk, is_moved: Flags) -> None:
        """Keep the moved rows of a batch.

        Args:
            rows: [n] with the key of each row.
            chunk: of the same rows.
            is_moved: [n].
        """
        kept = rows.select(["subject_key", "subject_revision"]).rename_columns(
            [self.job.id_column, "revision"]
        )
        kept = kept.append_column("direction", pa.array(chunk.new - chunk.stored, pa.int16()))
        if not self.every_row:
            kept = kept.filter(pa.array(is_moved))
        if kept.num_rows:
            readers.write(self.connection, sql.Identifier("moved"), kept)

    def flipped_both_ways(self) -> int:
        """Return the customers with a stricter and a milder outcome within a month."""
        (customers,) = database.fetch_one(
            self.connection,
            "count customers whose outcomes move both ways",
            sql.SQL(
                """
                select count(distinct turns.customer_id)
                from (
                    select
                        ledger.customer_id, sign(moved.direction) as side, ledger.{at} as at,
                        lag(sign(moved.direction)) over customers as side_before,
                        lag(ledger.{at}) over customers as at_before
                    from moved
                    inner join {ledger} as ledger
                        on ledger.{id} = moved.{id} and ledger.revision = moved.revision
                    where moved.direction <> 0
                    window customers as (
                        partition by ledger.customer_id order by ledger.{at}, ledger.{id}
                    )
                ) as turns
                where turns.side <> turns.side_before and turns.at - turns.at_before <= {month}
                """
            ).format(**self.job.names, month=sql.Literal(timedelta(days=COMPLAINT_DAYS))),
        )
        return int(customers)

    def reasons(self, maker: Maker) -> Reasons:
        """Compute the reasons of the moved rows, and compare them with the ledger.

        Args:
            maker: makes what decides a run's rows under the candidate, or raises an error for a
                file that is gone.
        """
        moved = self._number()
        self._make_decided_again()
        explained = without_model = differing = 0
        runs = database.fetch_all(
            self.connection,
            "count the moved rows of each run",
            "select run_id, count(*) from moved where chunk is not null "
            "group by run_id order by run_id",
        )
        total = sum(rows for _, rows in runs)
        for run_id, rows in runs:
            try:
                decide = maker(record.load(self.connection, run_id))
            except (ModelUnavailableError, ConfigurationError):
                without_model += rows
                continue
            differing += self._explain(decide, run_id)
            explained += rows
            progress.advance("reasons", rows, total)
        return Reasons(explained, moved, without_model, differing, self._changes())

    def _number(self) -> int:
        """Look up run and version of the moved rows, and number those that are explained."""
        self.connection.execute("analyze moved")
        self.connection.execute(
            sql.SQL(
                """
                create temporary table numbered on commit preserve rows as
                select
                    placed.{id}, placed.revision, placed.direction, placed.version, placed.run_id,
                    case when {all} or placed.place <= {most} then
                        (row_number() over (partition by placed.run_id order by placed.place) - 1)
                        / {chunk}
                    end::integer as chunk
                from (
                    select
                        moved.{id}, moved.revision, moved.direction, ledger.version, ledger.run_id,
                        row_number() over (order by hashtextextended(moved.{id}, 0)) as place
                    from moved
                    inner join {ledger} as ledger
                        on ledger.{id} = moved.{id} and ledger.revision = moved.revision
                ) as placed
                """
            ).format(
                **self.job.names,
                all=sql.Literal(self.every_row),
                most=sql.Literal(MOST_EXPLAINED),
                chunk=sql.Literal(CHUNK_ROWS),
            )
        )
        self.connection.execute("drop table moved; alter table numbered rename to moved")
        (rows,) = database.fetch_one(
            self.connection, "count the moved rows", "select count(*) from moved"
        )
        return int(rows)

    def _make_decided_again(self) -> None:
        self.connection.execute("drop table if exists decided_again, reasons_before_after")
        self.connection.execute(
            sql.SQL(
                "create temporary table decided_again (like {}); "
                "alter table decided_again alter decided_at drop not null, "
                "alter processing_time_ms drop not null; "
                "create temporary table reasons_before_after (before jsonb, after jsonb)"
            ).format(self.job.ledger_table)
        )

    def _explain(self, decide: Decide, run_id: UUID) -> int:
        """Write the reasons of a run's moved rows; return the rows that differ in anything."""
        differing = 0
        chunks = database.fetch_all(
            self.connection,
            "list the chunks of a run",
            "select distinct chunk from moved where run_id = %s and chunk is not null order by 1",
            (run_id,),
        )
        inputs = list(self.job.decides().input_types)
        for (chunk,) in chunks:
            condition = sql.SQL("moved.run_id = {} and moved.chunk = {}").format(
                sql.Literal(run_id), sql.Literal(chunk)
            )
            rows = decided_rows.read(
                self.connection, self.job, "moved", condition, with_scores=True
            )
            again = decide(rows.select(inputs), rows)
            self.connection.execute("truncate decided_again")
            readers.write(self.connection, sql.Identifier("decided_again"), again)
            differing += len(divergence.differing(self.connection, self.job))
            self.connection.execute(
                sql.SQL(
                    "insert into reasons_before_after "
                    "select ledger.reasons, again.reasons from decided_again as again "
                    "inner join {ledger} as ledger "
                    "on ledger.{id} = again.{id} and ledger.revision = again.revision"
                ).format(**self.job.names)
            )
        return differing

    def _changes(self) -> tuple[ReasonChange, ...]:
        rows = database.fetch_all(
            self.connection,
            "count the reasons that appear and disappear",
            """
            select
                codes.code,
                count(*) filter (where codes.after and not codes.before) as appears,
                count(*) filter (where codes.before and not codes.after) as disappears
            from (
                select
                    pair.place, reason.value ->> 'code' as code,
                    bool_or(reason.is_before) as before, bool_or(not reason.is_before) as after
                from (
                    select row_number() over () as place, before, after
                    from reasons_before_after
                ) as pair
                cross join lateral (
                    select value, true as is_before from jsonb_array_elements(pair.before)
                    union all
                    select value, false as is_before from jsonb_array_elements(pair.after)
                ) as reason
                group by 1, 2
            ) as codes
            group by codes.code
            having count(*) filter (where codes.after <> codes.before) > 0
            order by count(*) filter (where codes.after <> codes.before) desc, codes.code
            """,
        )
        return tuple(ReasonChange(*row) for row in rows)
