"""Explain one decision: its reasons, its features, its model, policy, file and row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobOption
from scoring.commands.working import working
from scoring.domains import JOBS
from scoring.evidence import explain as evidence
from scoring.evidence.explain import Explanation
from scoring.evidence.lookup import job_of
from scoring.runs.job import Job


def explain(
    decision: Annotated[
        str, typer.Argument(metavar="DECISION", help="A decision id, or the id of its subject.")
    ],
    job: JobOption = None,
    as_json: AsJson = False,
) -> int:
    """Explain one decision.

    Without --job, the id selects the job that decided it.
    """
    settings = get_settings()
    with working("explain"):
        explanation = evidence.explain(
            job or _job_of(decision), decision, settings, object_store(settings)
        )
    show(text_of(explanation), asdict(explanation), as_json=as_json)
    return Status.HOLDS


def _job_of(decision: str) -> Job:
    with sessions.connect() as connection:
        return job_of(connection, [decision])


def text_of(explanation: Explanation) -> str:
    """Return the explanation as text for a terminal."""
    decision, run, delivery = explanation.decision, explanation.run, explanation.delivery
    job = JOBS[run["job"]]
    subject = decision[job.id_column]
    noun = _noun(job)
    lines = [
        _title(job, decision),
        f"  {job.summary(decision) if job.summary else job.name}"
        + (", degraded" if decision["is_degraded"] else ""),
        *(f"  {line}" for line in explanation.lines),
        "",
        *_reasons(job, explanation),
        f"Features that moved it (usual: median of the {noun}'s {explanation.subject_rows} "
        f"{job.view.name} of 30 days, of "
        f"{explanation.population_rows} of everybody, and their 99 %)",
        f"  {'':44} {'value':>11} {'log-odds':>9} {noun:>11} {'everybody':>11} {'99 %':>11}",
        *(
            f"  {one.text[:44]:44} {_shown(one.value):>11} {_signed(one.contribution):>9} "
            f"{_shown(one.subject_median):>11} {_shown(one.population_median):>11} "
            f"{_shown(one.population_p99):>11}"
            for one in explanation.features
        ),
        "",
        "It rests on",
        f"  model     {_model(job, run)}",
        f"  policy    {explanation.policy['policy_version']}, sha256 "
        f"{explanation.policy['policy_sha256'][:16]}, approved by "
        f"{explanation.policy.get('approver', 'nobody')}",
        f"  delivery  {delivery.get('object_name')} row {delivery.get('row_number')}, "
        f"known at {delivery.get('known_at')}",
        f"  features  {decision['feature_view']}, sha256 {decision['feature_sha256'].hex()[:16]}",
        f"  run       {run.get('run_id')}, {run.get('kind')} for {run.get('requested_by')}, "
        f"window {run.get('window_start')} to {run.get('window_end')}, code "
        f"{run.get('code_version')}",
    ]
    if len(explanation.revisions) > 1:
        lines += ["", "Revisions"]
        lines += [
            f"  {row['revision']}  {row.get('decision', ''):8} {row['decided_at']}  "
            f"run {row['run_id']}"
            for row in explanation.revisions
        ]
    lines += [
        "",
        f"Check it: vesper replay --job {job.name} {subject}",
    ]
    return "\n".join(lines)


def _model(job: Job, run: Mapping[str, Any]) -> str:
    """Return name, version and digest of a run's model."""
    if job.model is None:
        return "none: the policy and the code decide"
    model = (run.get("models") or {}).get(job.model.role, {})
    return (
        f"{model.get('name')} version {model.get('version')}, "
        f"sha256 {str(model.get('sha256'))[:16]}"
    )


def _noun(job: Job) -> str:
    """Return the word for the subject of a job's rows."""
    if "customer_id" in job.ledger.context:
        return "customer"
    return "series" if "channel" in job.ledger.context else "product"


def _title(job: Job, decision: Mapping[str, Any]) -> str:
    """Return the outcome, if the job has one, and the subject of a decision."""
    outcome = f"{decision['decision'].upper()}  " if "decision" in decision else ""
    named = ", ".join(
        f"{name.removesuffix('_id')} {decision[name]}"
        for name in job.ledger.context
        if name != "merchant_id" and decision[name]
    )
    return (
        f"{outcome}{job.view.name.removesuffix('s')} {decision[job.id_column]} of {named}, "
        f"{decision[job.view.event_time]:%Y-%m-%d %H:%M:%S} UTC"
    )


def _reasons(job: Job, explanation: Explanation) -> list[str]:
    """Return the reasons of a decision; a job without an outcome has none."""
    if not job.ledger.has_outcome:
        return []
    return [
        "Reasons" if explanation.reasons else "No reasons: approved as asked",
        *(
            f"  {number}. {reason['text']} ({reason['origin']}: {reason['code']})"
            for number, reason in enumerate(explanation.reasons, start=1)
        ),
        "",
    ]


def _shown(value: float | str | None) -> str:
    if isinstance(value, str):
        return value[:11]
    return "none" if value is None else f"{value:,.4g}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"
