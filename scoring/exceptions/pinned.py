"""Reads the policy of a run together with the exceptions that it has pinned."""

from __future__ import annotations

from features.platform import database
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from scoring.decision.policy import exceptions, policy
from scoring.decision.policy.policy import Policy
from scoring.runs.record import Run


def pinned_policy(run: Run, settings: Settings) -> Policy:
    """Return the pinned policy of a run, with the pinned exceptions behind its lists.

    The list of the run counts, not the exceptions of today. A run without exceptions asks no
    warehouse.

    Raises:
        ConfigurationError: the policy file or the list differs from the pinned one.
    """
    pinned = policy.load(run.policy_version, run.policy_sha256)
    if run.exceptions_sha256 is None:
        return pinned
    with database.connect(settings.warehouse, "score") as connection:
        row = database.fetch_optional(
            connection,
            "read the exceptions of a run",
            "select entries from audit.exception_snapshots where sha256 = %s",
            (run.exceptions_sha256,),
        )
    if row is None:
        raise ConfigurationError(
            f"the exceptions {run.exceptions_sha256[:12]} of run {run.run_id} are gone: restore "
            "audit.exception_snapshots from a backup"
        )
    return exceptions.read(row[0], run.exceptions_sha256).added_to(pinned)
