"""`python -m scoring explain`: one decision, told to a person."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.evidence.explain import Explanation, Row, explain
from scoring.runs.job import JOBS, job_of


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `explain` to the command line."""
    parser = commands.add_parser("explain", help="tell one decision to a person")
    parser.add_argument("id", metavar="DECISION", help="a decision id, or the id of its subject")
    parser.add_argument(
        "--job",
        choices=sorted(JOBS),
        help="default: that of the decisions named, else score_transactions",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    told = explain(job_of(parsed.job, [parsed.id]), parsed.id, settings, object_store(settings))
    if parsed.json:
        sys.stdout.write(json.dumps(asdict(told), indent=2, default=_plain) + "\n")
    else:
        sys.stdout.write(text_of(told) + "\n")
    return 0


def _plain(value: Any) -> str:  # noqa: ANN401 - what JSON has no form for
    return value.hex() if isinstance(value, bytes) else str(value)


def text_of(told: Explanation) -> str:
    """Return the explanation as text for a terminal."""
    decision, run, delivery = told.decision, told.run, told.delivery
    job = JOBS[run["job"]]
    model = (run.get("models") or {}).get(job.role, {})
    subject, happened = decision[job.id_column], decision[job.view.event_time]
    lines = [
        f"{decision['decision'].upper()}  {job.view.name.removesuffix('s')} {subject} of customer "
        f"{decision['customer_id']}, {happened:%Y-%m-%d %H:%M:%S} UTC",
        f"  {_SCORES[job.role](decision)}" + (", degraded" if decision["is_degraded"] else ""),
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


def _score(decision: Row, component: str, measure: str) -> str:
    value = decision[f"{component}_{measure}"]
    return f"{value:.4f}" if value is not None else f"none ({decision[f'{component}_status']})"


def _of_payment(decision: Row) -> str:
    return (
        f"fraud probability {_score(decision, 'fraud', 'probability')}, "
        f"anomaly score {_score(decision, 'anomaly', 'score')}"
    )


def _of_application(decision: Row) -> str:
    if decision["default_probability"] is None:
        return f"no probability of default ({decision['credit_status']})"
    limit, asked = decision["recommended_limit_minor"], decision["requested_amount_minor"]
    return (
        f"probability of default {decision['default_probability']:.4f} within "
        f"{decision['pd_horizon_months']} months, grade {decision['grade']}, confidence "
        f"{decision['confidence']}; limit {limit:,} of {asked:,} minor units of "
        f"{decision['currency_code']}, bound by {decision['limit_binding']}; payments before: "
        f"{decision['fraud_state']}" + (", counter-offer" if decision["is_counter_offer"] else "")
    )


_SCORES = {"fraud": _of_payment, "credit": _of_application}


def _shown(value: float | str | None) -> str:
    if isinstance(value, str):
        return value[:11]
    return "none" if value is None else f"{value:,.4g}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"
