"""Read the pins behind a decision: its run, its policy and its delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from features.platform import database
from scoring.runs import record
from scoring.runs.job import Job, quoted


def run_of(connection: psycopg.Connection[Any], run: record.Run) -> dict[str, Any]:
    """Return the run of a decision, with its pins."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return database.fetch_one(
            cursor,
            f"read run {run.run_id}",
            "select run_id, job, kind, requested_by, reason, window_start, window_end, claimed_at, "
            "published_at, code_version, lock_sha256, known_at_cutoff, models "
            "from decisions.runs where run_id = %s",
            (run.run_id,),
        )


def policy_of(connection: psycopg.Connection[Any], run: record.Run) -> dict[str, Any]:
    """Return the newest activation of a run's policy."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = database.fetch_optional(
            cursor,
            "read the activation of the policy",
            "select policy_version, policy_sha256, author, approver, reason, effective_from "
            "from audit.policy_activations where policy_version = %s and policy_sha256 = %s "
            "order by activated_at desc limit 1",
            (run.policy_version, run.policy_sha256),
        )
    return row or {"policy_version": run.policy_version, "policy_sha256": run.policy_sha256}


def delivery_of(
    connection: psycopg.Connection[Any], job: Job, decision: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the delivery and the row of a decided subject."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = database.fetch_optional(
            cursor,
            "read the delivery of a decision",
            sql.SQL(
                # a row of a view over raw tables has no row number
                "select deliveries.object_name, to_jsonb(rows) -> 'row_number' as row_number, "
                "deliveries.source, deliveries.content_sha256, rows.known_at "
                "from {} as rows inner join raw.deliveries "
                "on deliveries.delivery_seq = rows.delivery_seq "
                "where rows.{} = %s and rows.version = %s and rows.{} = %s"
            ).format(quoted(job.population.subjects), job.subject_id, job.event_time),
            (decision[job.id_column], decision["version"], decision[job.view.event_time]),
        )
    return row or {}
