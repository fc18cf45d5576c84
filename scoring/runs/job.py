"""What a scoring job decides about: the tables that the shared machinery moves rows between.

Runs, claims, leases, publishing, closure and replay know no domain; they are given a `Job`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pyarrow as pa
from psycopg import sql

from features.views import APPLICATIONS, TRANSACTIONS, FeatureView
from scoring.runs import ledgers


@dataclass(frozen=True, slots=True)
class Job:
    """One scoring job.

    Attributes:
        name: the job's name in `decisions.runs`; also its DAG's id.
        cadence: its windows are whole multiples of this.
        raw: the raw table of row versions.
        versions: the table of version keys; the same where the raw table is small.
        ledger: the append-only table of decisions.
        columns: the ledger's columns, as they are published.
        components: the ledger's columns that say whether a model answered; all ok, or degraded.
        scores: what a replay compares first: the models' answers and their statuses.
        outcomes: what follows from them, in the order in which a decision comes about.
        view: the features that its models read; also names the subject's id and its clock.
        role: of the model in a run's pins.
        model: the registered model that it pins.
        published: folder of its Parquet files under `published/`.
        serving: the view in which people look decisions up.
    """

    name: str
    cadence: timedelta
    raw: str
    versions: str
    ledger: str
    columns: Mapping[str, pa.DataType]
    components: tuple[str, ...]
    scores: tuple[str, ...]
    outcomes: tuple[str, ...]
    view: FeatureView
    role: str
    model: str
    published: str
    serving: str

    @property
    def features_gate(self) -> str:
        """The suite that its claimed rows' features must pass."""
        return f"features.{self.view.name}"

    @property
    def decisions_gate(self) -> str:
        """The suite that its scored rows must pass."""
        return f"decisions.{self.view.name}"

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
    def id_column(self) -> str:
        """The subject's id, in every table."""
        return self.view.entity

    @property
    def subject_id(self) -> sql.Identifier:
        """The subject's id column, quoted."""
        return sql.Identifier(self.id_column)

    @property
    def event_time(self) -> sql.Identifier:
        """The column of when it happened, in every table, quoted."""
        return sql.Identifier(self.view.event_time)

    @property
    def names(self) -> dict[str, sql.Composable]:
        """What the shared queries call the subject's id, its clock and the three tables."""
        return {
            "id": self.subject_id,
            "at": self.event_time,
            "raw": self.raw_table,
            "versions": self.versions_table,
            "ledger": self.ledger_table,
        }

    @property
    def is_scored(self) -> sql.Composable:
        """The SQL condition that every component of a ledger row has answered."""
        return sql.SQL(" and ").join(
            sql.SQL("{} = 'ok'").format(sql.Identifier("ledger", name)) for name in self.components
        )


SCORE_TRANSACTIONS = Job(
    name="score_transactions",
    cadence=timedelta(hours=1),
    raw="raw.transactions",
    versions="raw.transaction_versions",
    ledger="decisions.transaction_decisions",
    columns=ledgers.TRANSACTION_DECISIONS,
    components=("fraud_status", "anomaly_status"),
    scores=("fraud_status", "fraud_probability", "anomaly_status", "anomaly_score"),
    outcomes=("is_degraded", "rule_hits", "decision", "reasons"),
    view=TRANSACTIONS,
    role="fraud",
    model="fraud_transactions",
    published="transaction_decisions",
    serving="latest_transaction_decisions",
)
SCORE_APPLICATIONS = Job(
    name="score_applications",
    cadence=timedelta(days=1),
    raw="raw.applications",
    versions="raw.applications",
    ledger="decisions.application_decisions",
    columns=ledgers.APPLICATION_DECISIONS,
    components=("credit_status",),
    scores=("credit_status", "default_probability", "second_probability"),
    outcomes=(
        *("is_degraded", "prediction", "grade", "pd_horizon_months", "confidence", "fraud_state"),
        *("requested_amount_minor", "currency_code", "limit_binding", "recommended_limit_minor"),
        *("is_counter_offer", "is_overridden", "rule_hits", "decision", "reasons"),
    ),
    view=APPLICATIONS,
    role="credit",
    model="credit_applications",
    published="application_decisions",
    serving="latest_application_decisions",
)

JOBS = {job.name: job for job in (SCORE_TRANSACTIONS, SCORE_APPLICATIONS)}


def job_of(name: str | None, decision_ids: Iterable[str]) -> Job:
    """Return the named job, else the one whose decisions are named, such as `applications/a1/0`."""
    if name is not None:
        return JOBS[name]
    kinds = {decision_id.split("/")[0] for decision_id in decision_ids}
    return next((job for job in JOBS.values() if {job.view.name} == kinds), SCORE_TRANSACTIONS)


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
