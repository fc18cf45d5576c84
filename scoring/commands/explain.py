"""`python -m scoring explain`: one decision, told to a person."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from features.platform import database
from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.domains import JOBS, job_named
from scoring.evidence.explain import Explanation, explain
from scoring.evidence.lookup import job_of
from scoring.runs.job import Job


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `explain` to the command line."""
    parser = commands.add_parser("explain", help="tell one decision to a person")
    parser.add_argument("id", metavar="DECISION", help="a decision id, or the id of its subject")
    parser.add_argument(
        "--job",
        choices=sorted(JOBS),
        help="default: the job that has decided it",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    told = explain(_job(parsed), parsed.id, settings, object_store(settings))
    if parsed.json:
        sys.stdout.write(json.dumps(asdict(told), indent=2, default=_plain) + "\n")
    else:
        sys.stdout.write(text_of(told) + "\n")
    return 0


def _job(parsed: argparse.Namespace) -> Job:
    if parsed.job:
        return job_named(parsed.job)
    with database.connect(get_settings().warehouse, "score") as connection:
        return job_of(connection, [parsed.id])


def _plain(value: Any) -> str:  # noqa: ANN401 - what JSON has no form for
    return value.hex() if isinstance(value, bytes) else str(value)


def text_of(told: Explanation) -> str:
    """Return the explanation as text for a terminal."""
    decision, run, delivery = told.decision, told.run, told.delivery
    job = JOBS[run["job"]]
    model = (run.get("models") or {}).get(job.model.role, {})
    subject, happened = decision[job.id_column], decision[job.view.event_time]
    lines = [
        f"{decision['decision'].upper()}  {job.view.name.removesuffix('s')} {subject} of customer "
        f"{decision['customer_id']}, {happened:%Y-%m-%d %H:%M:%S} UTC",
        f"  {job.summary(decision) if job.summary else job.name}"
        + (", degraded" if decision["is_degraded"] else ""),
        "",
        "Reasons" if told.reasons else "No reasons: approved as asked",
        *(
            f"  {number}. {reason['text']} ({reason['origin']}: {reason['code']})"
            for number, reason in enumerate(told.reasons, start=1)
        ),
        "",
        f"Features that moved it (usual: median of the customer's {told.customer_rows} "
        f"{job.view.name} of 30 days, of {told.population_rows} of everybody, and their 99 %)",
        f"  {'':44} {'value':>11} {'log-odds':>9} {'customer':>11} {'everybody':>11} {'99 %':>11}",
        *(
            f"  {one.text[:44]:44} {_shown(one.value):>11} {_signed(one.contribution):>9} "
            f"{_shown(one.customer_median):>11} {_shown(one.population_median):>11} "
            f"{_shown(one.population_p99):>11}"
            for one in told.features
        ),
        "",
        "It rests on",
        f"  model     {model.get('name')} version {model.get('version')}, "
        f"sha256 {str(model.get('sha256'))[:16]}",
        f"  policy    {told.policy['policy_version']}, sha256 "
        f"{told.policy['policy_sha256'][:16]}, approved by {told.policy.get('approver', 'nobody')}",
        f"  delivery  {delivery.get('object_name')} row {delivery.get('row_number')}, "
        f"known at {delivery.get('known_at')}",
        f"  features  {decision['feature_view']}, sha256 {decision['feature_sha256'].hex()[:16]}",
        f"  run       {run.get('run_id')}, {run.get('kind')} for {run.get('requested_by')}, "
        f"window {run.get('window_start')} to {run.get('window_end')}, code "
        f"{run.get('code_version')}",
    ]
    if len(told.revisions) > 1:
        lines += ["", "Revisions"]
        lines += [
            f"  {row['revision']}  {row['decision']:8} {row['decided_at']}  run {row['run_id']}"
            for row in told.revisions
        ]
    lines += [
        "",
        f"Check it: python -m scoring replay --job {job.name} {subject}",
    ]
    return "\n".join(lines)


def _shown(value: float | str | None) -> str:
    if isinstance(value, str):
        return value[:11]
    return "none" if value is None else f"{value:,.4g}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"
