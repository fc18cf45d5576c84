"""The policies agree with the features and models that they name; no feature reads a policy."""

from __future__ import annotations

import re

import pytest
import yaml

from features import build
from features.sources import descriptions
from features.views import APPLICATIONS
from features.views.applications import PAYMENT_ANNUAL_RATE
from scoring.decision.policy import policy, reason_codes
from scoring.decision.rules import columns as rule_columns
from scoring.decision.rules.columns import RuleColumns, types_of
from scoring.domains import JOBS, SCORE_APPLICATIONS, SCORE_TRANSACTIONS
from scoring.runs.job import Job

WITH_CREDIT = [
    committed
    for version in policy.versions()
    if (committed := policy.load(version)).credit is not None
]


def test_the_rate_of_the_payment_is_a_constant_of_the_feature_view() -> None:
    """Feature rows are append-only, so a policy with another rate must not change new rows."""
    macro = (build.PROJECT / "macros" / "credit.sql").read_text()
    [rate] = re.findall(r"set payment_annual_rate = ([0-9.]+)", macro)

    assert float(rate) == PAYMENT_ANNUAL_RATE == 0.12


def test_every_variable_of_dbt_is_a_fact_of_the_sources() -> None:
    """Neither a policy nor a setting of a run has a variable through which it reaches a feature."""
    declared = yaml.safe_load((build.PROJECT / "dbt_project.yml").read_text())["vars"]
    source = descriptions.load("synthetic").dbt_variables("USD")

    assert declared.keys() == source.keys()
    assert build.checked_variables(source) == source


def test_the_newest_policy_has_the_rate_that_the_text_of_the_feature_promises() -> None:
    """The text is stored with decisions; a policy with another rate needs a new feature view."""
    assert "at the policy's rate" in APPLICATIONS.feature("payment_to_income").analyst_text
    assert WITH_CREDIT[-1].require_credit().limit.annual_rate == PAYMENT_ANNUAL_RATE


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
