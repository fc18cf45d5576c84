"""What a scoring job decides about: the tables that the shared machinery moves rows between.

Runs, claims, leases, publishing, closure and replay know no domain; they are given a `Job`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from psycopg import sql

from features.views import TRANSACTIONS, FeatureView


@dataclass(frozen=True, slots=True)
class Job:
    """One scoring job.

    Attributes:
        name: the job's name in `decisions.runs`; also its DAG's id.
        cadence: its windows are whole multiples of this.
        id_column: the subject's id, in every table.
        raw: the partitioned raw table of row versions.
        versions: the narrow table of version keys.
        ledger: the append-only table of decisions.
        view: the features that its models read.
        model: the registered model that it pins.
        published: folder of its Parquet files under `published/`.
    """

    name: str
    cadence: timedelta
    id_column: str
    raw: str
    versions: str
    ledger: str
    view: FeatureView
    model: str
    published: str

    @property
    def raw_table(self) -> sql.Composable:
        """The raw table, quoted."""
        return _qualified(self.raw)

    @property
    def versions_table(self) -> sql.Composable:
        """The table of versions, quoted."""
        return _qualified(self.versions)

    @property
    def ledger_table(self) -> sql.Composable:
        """The ledger, quoted."""
        return _qualified(self.ledger)

    @property
    def subject_id(self) -> sql.Identifier:
        """The subject's id column, quoted."""
        return sql.Identifier(self.id_column)


SCORE_TRANSACTIONS = Job(
    name="score_transactions",
    cadence=timedelta(hours=1),
    id_column="transaction_id",
    raw="raw.transactions",
    versions="raw.transaction_versions",
    ledger="decisions.transaction_decisions",
    view=TRANSACTIONS,
    model="fraud_transactions",
    published="transaction_decisions",
)

JOBS = {job.name: job for job in (SCORE_TRANSACTIONS,)}


@dataclass(frozen=True, slots=True)
class RunTables:
    """The unlogged tables of one run in schema `scored`; dropped once it is published."""

    run_id: UUID

    @property
    def claim(self) -> str:
        """The rows that the run has claimed, with their chunk."""
        return f"scored.claim_{self.run_id.hex}"

    @property
    def features(self) -> str:
        """A view: the claimed rows' feature rows."""
        return f"scored.features_{self.run_id.hex}"

    @property
    def decisions(self) -> str:
        """What was scored, as it will stand in the ledger."""
        return f"scored.decisions_{self.run_id.hex}"


def quoted(name: str) -> sql.Composable:
    """Return `schema.table` as a quoted identifier."""
    return _qualified(name)


def _qualified(name: str) -> sql.Composable:
    return sql.Identifier(*name.split(".", 1))
