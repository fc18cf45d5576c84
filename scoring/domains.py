"""Which domain decides a job's rows: where the shared machinery and the domains meet.

The machinery knows jobs, the domains know models and rules; neither imports the other but here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from psycopg import sql

from features.objects import ObjectStore
from scoring import runs
from scoring.credit import decider as credit
from scoring.fraud import decider as fraud
from scoring.jobs import SCORE_APPLICATIONS, SCORE_TRANSACTIONS, Job
from scoring.settings import Settings


class Decider(Protocol):
    """What every row of one run is decided with."""

    @property
    def run(self) -> runs.Run:
        """The run."""

    @property
    def explainer(self) -> Any:  # noqa: ANN401 - any model of ours, or none
        """The run's model."""

    def decide(self, rows: pa.Table) -> pa.Table:
        """Return the ledger's columns of n rows, clocks excepted."""

    def decide_again(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:
        """Return the ledger's columns of n rows, given those recorded then."""

    def contributions(self, rows: pa.Table) -> pa.Table:
        """Return what each feature added to the log-odds of n rows."""


MakeDecider = Callable[[runs.Run, Settings, ObjectStore], Decider]


@dataclass(frozen=True, slots=True)
class Domain:
    """How a job's rows are read and decided.

    Attributes:
        input_types: Arrow types of what the decider reads.
        input_columns: the SQL of those, from table `features`; the arguments name the table that
            knows the revision, and the one that knows what is no feature.
        source: the SQL of the tables from which a run reads them, given the table of its features.
        recorded: columns of the ledger that a decision is made again with.
        for_run: the decider of a run; without its model, every row will be degraded.
        for_replay: the decider with exactly what the run had pinned, or what is missing is raised.
    """

    input_types: Mapping[str, pa.DataType]
    input_columns: Callable[[str, str], sql.Composable]
    source: Callable[[sql.Composable, runs.Run], sql.Composable]
    recorded: Mapping[str, pa.DataType]
    for_run: MakeDecider
    for_replay: MakeDecider


def _features_alone(table: sql.Composable, _run: runs.Run) -> sql.Composable:
    return sql.SQL("{} as features").format(table)


_DOMAINS = {
    SCORE_TRANSACTIONS.name: Domain(
        fraud.INPUT_TYPES,
        lambda revision, _: fraud.input_columns(revision),
        _features_alone,
        {"fraud_status": pa.string(), "anomaly_status": pa.string()},
        fraud.for_run,
        fraud.for_replay,
    ),
    SCORE_APPLICATIONS.name: Domain(
        credit.INPUT_TYPES,
        credit.input_columns,
        credit.source,
        {"credit_status": pa.string()},
        credit.for_run,
        credit.for_replay,
    ),
}


def of(job: Job) -> Domain:
    """Return the domain of a job."""
    return _DOMAINS[job.name]
