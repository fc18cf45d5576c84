"""Which domain decides a job's rows: where the shared machinery and the domains meet.

The machinery knows jobs, the domains know models and rules; neither imports the other but here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import structlog
from psycopg import sql

from features.platform.errors import ContractError, ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from scoring.credit import decider as credit
from scoring.decider import Decider
from scoring.fraud import decider as fraud
from scoring.models import model_files
from scoring.models.model_files import ModelPin
from scoring.runs import record
from scoring.runs.job import SCORE_APPLICATIONS, SCORE_TRANSACTIONS, Job

log = structlog.get_logger(__name__)


MakeDecider = Callable[[record.Run, Any, Settings], Decider]


@dataclass(frozen=True, slots=True)
class Domain:
    """How a job's rows are read and decided.

    Attributes:
        job: the job.
        input_types: Arrow types of what the decider reads.
        input_columns: the SQL of those, from table `features`; the arguments name the table that
            knows the revision, and the one that knows what is no feature.
        source: the SQL of the tables from which a run reads them, given the table of its features.
        recorded: columns of the ledger that a decision is made again with.
        decider_of: makes the decider of a run with its model, or with None for lack of one.
    """

    job: Job
    input_types: Mapping[str, pa.DataType]
    input_columns: Callable[[str, str], sql.Composable]
    source: Callable[[sql.Composable, record.Run], sql.Composable]
    recorded: Mapping[str, pa.DataType]
    decider_of: MakeDecider

    def for_run(self, found: record.Run, settings: Settings, store: ObjectStore) -> Decider:
        """Return the decider of a run; without its model, every row will be degraded.

        Raises:
            ConfigurationError: the pinned policy is not the file that was pinned, or decides
                nothing of this domain.
            ContractError: the model wants features that the view does not have.
        """
        try:
            return self.for_replay(found, settings, store)
        except ModelUnavailableError as error:
            # the rows are decided all the same, each as a review or stricter, counted as degraded
            name = found.models[self.job.role].get("name")
            log.error("model_unavailable", model=name, reason=str(error))
            return self.decider_of(found, None, settings)

    def for_replay(self, found: record.Run, settings: Settings, store: ObjectStore) -> Decider:
        """Return the decider of a run with exactly what it had pinned.

        Raises:
            ModelUnavailableError: the pinned model file is gone or altered.
            ConfigurationError, ContractError: as for `for_run`.
        """
        pin = found.models[self.job.role]
        if pin.get("version") == "none":  # the policy let it go on without
            return self.decider_of(found, None, settings)
        model = model_files.load(ModelPin.of(pin), store, settings.work / "models")
        if unknown := sorted(set(model.features) - set(self.job.view.columns)):
            raise ContractError(
                f"model {pin['name']} version {pin['version']} wants features that the view "
                f"{self.job.view.qualified} does not have: {', '.join(unknown[:5])}; nothing was "
                "scored. Move the alias to a version that was trained on this view, and claim the "
                "window again"
            )
        return self.decider_of(found, model, settings)


def _features_alone(table: sql.Composable, _run: record.Run) -> sql.Composable:
    return sql.SQL("{} as features").format(table)


_DOMAINS = (
    Domain(
        SCORE_TRANSACTIONS,
        fraud.INPUT_TYPES,
        lambda revision, _: fraud.input_columns(revision),
        _features_alone,
        {"fraud_status": pa.string(), "anomaly_status": pa.string()},
        fraud.decider_of,
    ),
    Domain(
        SCORE_APPLICATIONS,
        credit.INPUT_TYPES,
        credit.input_columns,
        credit.source,
        {"credit_status": pa.string()},
        credit.decider_of,
    ),
)
_BY_JOB = {domain.job.name: domain for domain in _DOMAINS}


def of(job: Job) -> Domain:
    """Return the domain of a job."""
    return _BY_JOB[job.name]
