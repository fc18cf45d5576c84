"""Hold the facts of a run's page, and derive the next step of its reader. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

_FAILING = "Put the champion before in force with `vesper models rollback`."
#: What a reader does about rows without an answer, by their status.
REMEDIES = {
    "model_unavailable": "The model file was not there. Run the DAG `train_models`, or put a "
    "former champion in force with `vesper models rollback`.",
    "model_failed": f"The model raised an error. {_FAILING}",
    "model_timed_out": f"The model did not answer in time. {_FAILING}",
    "invalid_score": f"The model gave numbers out of their bounds. {_FAILING}",
    "misaligned_scores": f"The model gave too few or too many numbers. {_FAILING}",
    "no_count": "No count of stock is known. Deliver the feed `stock_levels` for these products.",
    "no_forecast": "The night has no forecast of the product. Publish `forecast_demand` for this "
    "night first.",
}
OPEN = ("claimed", "scored", "validated")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One row of `decisions.runs`, as a reader sees it."""

    run_id: UUID
    job: str
    kind: str
    state: str
    window_start: datetime
    window_end: datetime
    requested_by: str
    reason: str | None
    models: Mapping[str, Mapping[str, Any]]
    policy_version: str
    feature_view: str
    code_version: str
    known_at_cutoff: datetime
    rows_claimed: int
    rows_scored: int | None
    rows_degraded: int | None
    rows_published: int | None
    claimed_at: datetime
    published_at: datetime | None
    failure: str | None

    @property
    def is_published(self) -> bool:
        """Whether its rows are in the ledger."""
        return self.state == "published"

    @property
    def took(self) -> timedelta | None:
        """The time from the claim to publishing."""
        return None if self.published_at is None else self.published_at - self.claimed_at

    @property
    def window(self) -> str:
        """The window as text; a day is its date."""
        if self.window_end - self.window_start == timedelta(days=1):
            return f"{self.window_start:%Y-%m-%d}"
        return f"{self.window_start:%Y-%m-%d %H:%M} to {self.window_end:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One validation of the run's rows."""

    validation_id: UUID
    suite: str
    verdict: str
    rows_checked: int | None
    not_held: int
    validated_at: datetime


def next_steps(
    run: RunFacts,
    gates: Sequence[Gate],
    degraded: Mapping[str, int],
    serving: str,
    example: str = "",
) -> list[str]:
    """Return sentences about the next step; commands and names are in backticks.

    Args:
        run: the run.
        gates: its validations.
        degraded: rows without an answer by status.
        serving: the view in which readers find the rows.
        example: the id of a decision that is worth an explanation.
    """
    if run.state == "failed":
        return [
            "The run failed and published nothing. Mend the cause, then clear the failed task of "
            f"this Airflow run. Otherwise `maintain_warehouse` decides the window at night, and "
            f"`vesper windows --job {run.job}` lists it until then."
        ]
    if not run.is_published:
        return [
            "The run is open and has published nothing. Load this page again when the task "
            "`publish` has ended."
        ]
    if not run.rows_claimed:
        return [
            "No row was live in this window. If that is a surprise, look for files that were not "
            "taken: `vesper deliveries list --state held`."
        ]
    return [
        *_of_degraded(run, degraded),
        *_of_gates(gates),
        f"Readers find the rows in `serving.{serving}`."
        + (f" The reasons of a number: `vesper explain {example}`." if example else ""),
    ]


def _of_degraded(run: RunFacts, degraded: Mapping[str, int]) -> list[str]:
    sentences = [
        f"{rows:,} of {run.rows_claimed:,} rows have no answer ({status.replace('_', ' ')}). "
        f"{REMEDIES.get(status, '')}".strip()
        for status, rows in sorted(degraded.items(), key=lambda pair: -pair[1])
    ]
    if sentences:
        sentences.append(
            f"Then decide these rows again: trigger `{run.job}` with their ids, a reason and a "
            "person."
        )
    return sentences


def _of_gates(gates: Sequence[Gate]) -> list[str]:
    warned = [gate for gate in gates if gate.verdict == "warned"]
    if not warned:
        return []
    names = ", ".join(f"`{gate.suite}`" for gate in warned)
    return [f"Read the warnings of {names} before you rely on the numbers."]
