"""Declare the eight steps of a scoring job, for DAGs, commands, tests and benchmarks alike.

ingest → validate_raw → admit → build → validate_features → score → validate_decisions → publish.
The step `admit` also claims the window: the claim's cut-off follows the last admission. After the
last step the challenger shadows the run, which changes no decision (`scoring.steps.shadow`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg

from expectations.validation import Validation
from features.build import BuildReceipt
from features.ingest import AdmitReceipt, DeliveryReceipt
from features.platform import database
from features.platform.errors import WarehouseUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.platform.storage import object_store
from scoring.runs import record
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin, Pins
from scoring.runs.record import Run, State
from scoring.runs.request import Request
from scoring.shadow.ledger import Shadow
from scoring.steps import admit, build, claim, gates, ingest, publish, recovery, score, shadow
from scoring.steps.gates import DeliveryCheck
from scoring.steps.shadow import Period

#: The names of the steps, in order; also the tasks of a scoring DAG.
STEPS = (
    "ingest",
    "validate_raw",
    "admit",
    "build",
    "validate_features",
    "score",
    "validate_decisions",
    "publish",
)


def _goes_on(_requested_by: str) -> bool:
    return False


@dataclass(frozen=True)
class Pipeline:
    """The steps of one job on one warehouse.

    Attributes:
        job: the job.
        settings: of the warehouse, the store and the registry.
        has_ended: says of the requester of an open run whether it has ended.
        pins: the pins of a claim; None pins the champion and the policy of the moment.
    """

    job: Job
    settings: Settings
    has_ended: Callable[[str], bool] = _goes_on
    pins: Pins | None = None

    @cached_property
    def store(self) -> ObjectStore:
        """The object store that the settings name."""
        return object_store(self.settings)

    def ingest(self) -> list[DeliveryReceipt]:
        """Parse the waiting files; return one receipt per delivery."""
        return ingest.ingest(self.settings, self.store)

    def validate_raw(self, deliveries: Sequence[DeliveryReceipt]) -> list[DeliveryCheck]:
        """Check the deliveries; see `gates.validate_deliveries`."""
        return gates.validate_deliveries(deliveries, self.settings, self.store)

    def admit(self, checks: Sequence[DeliveryCheck] | None) -> list[AdmitReceipt]:
        """Admit the deliveries that passed; see `admit.admit`."""
        return admit.admit(checks, self.settings, self.store)

    def claim(self, request: Request) -> Run:
        """Claim a window: cut-off, pins and rows; see `claim.claim`."""
        return claim.claim(
            self.job, request, self.settings, self.store, self.has_ended, pins=self.pins
        )

    def build(self) -> BuildReceipt:
        """Build the features of every admitted version that has none."""
        return build.build(self.job.view.selector, self.settings)

    def validate_features(self, run_id: UUID) -> Validation | None:
        """Check the features of the claimed rows; see `gates.validate_features`."""
        return gates.validate_features(self.job, run_id, self.settings, self.store)

    def score(self, run_id: UUID, shard: int | None = None) -> Run:
        """Score, decide and explain the claimed rows, of one shard or of all."""
        if shard is None:
            return score.run(run_id, self.settings, self.store)
        return score.run_shard(run_id, self.settings, self.store, shard)

    def validate_decisions(self, run_id: UUID) -> Validation | None:
        """Check the scored rows and mark the run validated; see `gates.validate_decisions`."""
        return gates.validate_decisions(self.job, run_id, self.settings, self.store, self.score)

    def publish(self, run_id: UUID) -> Run:
        """Move the run into the ledger, whole or not at all.

        Rows that a server crash took after the last gate are scored and checked again first.

        Raises:
            WarehouseUnavailableError: a crash took the scored rows at this moment; retry.
            GateFailedError: the rows that were scored again do not pass their gate.
        """
        with self._score_session() as connection:
            run = recovery.with_scores(connection, run_id, self.score)
            if run.state is State.SCORED and recovery.had_come_to(connection, run, State.VALIDATED):
                self.validate_decisions(run_id)
        try:
            return publish.publish(run_id, self.settings.warehouse.conninfo("score"), self.store)
        except publish.RowsLostError as error:
            raise WarehouseUnavailableError(str(error)) from error

    def shadow(self, run_id: UUID) -> Shadow | None:
        """Let the challenger decide the published rows once more; see `shadow.shadow`."""
        return shadow.shadow(self.job, run_id, self.settings, self.store)

    def shadow_published(self, period: Period) -> tuple[ModelPin, Iterator[Shadow]]:
        """Let the challenger decide the rows of published runs; see `shadow.shadow_published`."""
        return shadow.shadow_published(self.job, self.settings, self.store, period)

    def run(
        self, request: Request, report: Callable[[str, Any], None] = lambda _step, _result: None
    ) -> Run:
        """Run all steps for one window; a published window only gets its missing manifest.

        The challenger shadows the run, unless its pins were stated: those name every model.

        Args:
            request: the window and its requester.
            report: is called after each step with its name and its result.
        """

        def reported(step: str, result: Any) -> Any:  # noqa: ANN401 - the result of any step
            report(step, result)
            return result

        deliveries = reported("ingest", self.ingest())
        checks = reported("validate_raw", self.validate_raw(deliveries))
        admitted = self.admit(checks)
        run = self.claim(request)
        reported("admit", (admitted, run))
        if run.state is State.PUBLISHED:
            return self.publish(run.run_id)
        reported("build", self.build())
        reported("validate_features", self.validate_features(run.run_id))
        reported("score", self.score(run.run_id))
        reported("validate_decisions", self.validate_decisions(run.run_id))
        published: Run = reported("publish", self.publish(run.run_id))
        if self.pins is None:
            self.shadow(run.run_id)
        return published

    def load(self, run_id: UUID) -> Run:
        """Read one run."""
        with self._score_session() as connection:
            return record.load(connection, run_id)

    def _score_session(self) -> psycopg.Connection[Any]:
        return database.connect(self.settings.warehouse, "score")
