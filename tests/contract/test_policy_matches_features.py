"""The policies and the feature models agree on the facts that both state."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from features.views import APPLICATIONS
from scoring.decision.policy import policy, reason_codes
from scoring.decision.rules import columns as rule_columns
from scoring.decision.rules.columns import RuleColumns, types_of
from scoring.domains import JOBS, SCORE_APPLICATIONS, SCORE_TRANSACTIONS
from scoring.runs.job import Job

ROOT = Path(__file__).resolve().parents[2]
WITH_CREDIT = [
    committed
    for version in policy.versions()
    if (committed := policy.load(version)).credit is not None
]


def test_the_newest_policy_has_the_rate_of_the_features_annuity() -> None:
    rate = yaml.safe_load((ROOT / "dbt" / "dbt_project.yml").read_text())["vars"]

    assert WITH_CREDIT[-1].require_credit().limit.annual_rate == rate["annuity_annual_rate"]


@pytest.mark.parametrize("committed", WITH_CREDIT, ids=lambda committed: committed.version)
def test_every_credit_part_names_existing_columns_and_codes(committed: policy.Policy) -> None:
    part = committed.require_credit()
    codes = reason_codes.load(part.reason_codes.version, part.reason_codes.sha256)

    assert len(policy.parsed(part.rules, types_of(rule_columns.APPLICATIONS))) == len(part.rules)
    assert all(codes[f.characteristic.replace(" ", "_")] for f in APPLICATIONS.features)


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.name)
def test_a_job_declares_scores_and_outcomes_among_its_columns(job: Job) -> None:
    named = {*job.components, *job.scores, *job.outcome}

    assert named <= set(job.columns)


@pytest.mark.parametrize(
    ("columns", "job"),
    [
        (rule_columns.TRANSACTIONS, SCORE_TRANSACTIONS),
        (rule_columns.APPLICATIONS, SCORE_APPLICATIONS),
    ],
    ids=["transactions", "applications"],
)
def test_rules_are_approved_over_the_types_of_the_decided_rows(
    columns: RuleColumns, job: Job
) -> None:
    types = job.decides().input_types

    assert types_of(columns) == {name: types[name] for name in columns}
