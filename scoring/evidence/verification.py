"""Proves past decisions: replays them, and rebuilds their features from raw."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from psycopg import sql

from features.platform import database, readers
from features.platform.libraries import lock_digest
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.rebuild import Rebuild, keys_of, rebuild
from features.sources.source_set import source_set
from scoring import domains
from scoring.evidence.divergence import Divergence
from scoring.evidence.replay import Replay, Selection, replay
from scoring.runs.job import Job


@dataclass(frozen=True, slots=True)
class Verification:
    """A replay, and the rebuild of its features if it was requested."""

    replay: Replay
    rebuild: Rebuild | None

    @property
    def holds(self) -> bool:
        """Whether all decisions and features are the same."""
        return self.replay.holds and (self.rebuild is None or self.rebuild.holds)

    def as_dict(self) -> dict[str, object]:
        """Return counts and the first differences, for logs and scripts."""
        rebuilt = self.rebuild
        return {
            "holds": self.holds,
            "decisions": self.replay.decisions,
            "runs": self.replay.runs,
            "degraded": self.replay.degraded,
            "differing": self.replay.differing,
            "differences": [
                {
                    "decision_id": difference.decision_id,
                    "run_id": difference.run_id,
                    "class": difference.divergence.value,
                    "fields": list(difference.fields),
                    "detail": difference.detail,
                }
                for difference in self.replay.differences
            ],
            "features_rebuilt": rebuilt.rows if rebuilt else None,
            "features_differing": rebuilt.differing if rebuilt else None,
            "features_changed": [
                {
                    "subject_id": row.subject_id,
                    "version": row.version,
                    "class": Divergence.FEATURE_CODE.value,
                    "fields": list(row.fields),
                }
                for row in (rebuilt.changed if rebuilt else ())
            ],
        }


def verify(
    job: Job,
    selection: Selection,
    settings: Settings,
    store: ObjectStore,
    *,
    with_features: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Replay decisions, rebuild their features, and record the result in `audit.events`.

    Raises:
        ConfigurationError: a named id has no decision.
        ContractError: the features could not be rebuilt.
    """
    with database.connect(settings.warehouse, "score") as connection:
        result = replay(
            connection,
            job,
            lambda run: domains.decider_for_replay(job, run, settings, store),
            selection,
            lock_digest(settings.lock_file),
            progress,
        )
        keys = readers.read(
            connection,
            sql.SQL("select distinct {}, version from replayed").format(job.subject_id),
            keys_of(job.view),
        )
        rebuilt = _rebuild(keys, job, settings) if with_features and keys.num_rows else None
        verification = Verification(result, rebuilt)
        connection.execute(
            "insert into audit.events (event, subject, actor, detail) "
            "values ('decisions_replayed', %s, current_user, %s)",
            (job.name, json.dumps(verification.as_dict())),
        )
    return verification


def _rebuild(keys: pa.Table, job: Job, settings: Settings) -> Rebuild:
    variables = source_set(settings).dbt_variables(settings.warehouse.base_currency)
    return rebuild(keys, job.view, settings.warehouse, settings.work, variables)
