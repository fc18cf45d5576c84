"""A policy file is checked before any decision uses it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from features.platform.errors import ConfigurationError
from scoring.decision.policy import policy
from scoring.decision.rules import rules
from scoring.decision.rules.columns import TRANSACTIONS, types_of

MINIMAL = """
version: "{version}"
description: test
fraud: {{review: {review}, decline: {decline}, anomaly_review: 0.99}}
{more}
"""


def write(folder: Path, *, version: str = "1", review: float = 0.2, more: str = "") -> Path:
    path = folder / "1.yaml"
    path.write_text(MINIMAL.format(version=version, review=review, decline=0.8, more=more))
    return path


@pytest.mark.parametrize("path", sorted(policy.FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_committed_policy_is_valid_over_the_declared_columns(path: Path) -> None:
    committed = policy.load(path.stem)

    assert committed.version == path.stem
    assert len(committed.conditions(types_of(TRANSACTIONS))) == len(committed.rules)


def test_the_first_policy_keeps_its_bytes_and_its_meaning() -> None:
    """Decisions of 2026 carry this hash, so the file must stay readable for ever."""
    first = policy.load(
        "2026.11.1", "9f93dd8575b34ffadf597ba1c46536a3dad1203339de57d2572812f1a5f6b52c"
    )

    assert first.credit is None
    assert (first.fraud.review, first.fraud.decline, len(first.rules)) == (0.2, 0.8, 5)


def test_the_policy_of_2026_12_decides_transactions_as_the_policy_of_2026_11() -> None:
    first, second = policy.load("2026.11.1"), policy.load("2026.12.1")

    assert (first.fraud, first.rules) == (second.fraud, second.rules)
    assert first.on_model_unavailable == second.on_model_unavailable


def test_a_pinned_policy_that_was_edited_is_refused(tmp_path: Path) -> None:
    pinned = policy.read(write(tmp_path)).sha256
    write(tmp_path, review=0.3)

    with pytest.raises(ConfigurationError, match="edited after it was pinned"):
        policy.load("1", pinned, tmp_path)


def test_a_missing_policy_is_refused_with_the_existing_versions(tmp_path: Path) -> None:
    write(tmp_path)

    with pytest.raises(ConfigurationError, match="there are: 1"):
        policy.load("2", folder=tmp_path)


def test_the_newest_policy_is_found_by_version_and_not_by_string_order(tmp_path: Path) -> None:
    for version in ("2026.12.1", "2026.2.1", "2026.12.10", "2026.9.30"):
        policy_file = write(tmp_path, version=version)
        policy_file.rename(tmp_path / f"{version}.yaml")

    assert policy.versions(tmp_path) == ["2026.2.1", "2026.9.30", "2026.12.1", "2026.12.10"]
    assert policy.newest(tmp_path).version == "2026.12.10"


def test_a_folder_without_a_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no policy"):
        policy.newest(tmp_path)


def test_a_file_whose_version_differs_from_its_name_is_refused(tmp_path: Path) -> None:
    write(tmp_path, version="2")

    with pytest.raises(ConfigurationError, match="says that it is version '2'"):
        policy.load("1", folder=tmp_path)


RULE = '{{rule_id: a, outcome: {outcome}, when: "amount > 1", analyst_text: a, applicant_text: a}}'


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("unknown_key: 1", "unknown_key"),
        ("rules: [" + RULE.format(outcome="approve") + "]", "outcome"),
        ("rules: [" + ", ".join([RULE.format(outcome="review")] * 2) + "]", "share one rule_id"),
        (
            "suppressions: [{rule_id: b, customer_id: c, until: 2026-12-01T00:00:00Z, reason: r}]",
            "unknown rules",
        ),
        ("allow_list: [{until: 2026-12-01T00:00:00Z, reason: r}]", "exactly one"),
        ("allow_list: [{customer_id: c, until: 2026-12-01T00:00:00, reason: r}]", "timezone"),
        ("allow_list: [{customer_id: c, until: 2026-12-01T00:00:00Z, reason: ''}]", "reason"),
        (
            "allow_list: [{customer_id: 596, until: 2026-12-01T00:00:00Z, reason: r}]",
            "valid string",
        ),
        ("allow_list: [{customer_id: 'c ', until: 2026-12-01T00:00:00Z, reason: r}]", "blanks"),
        (
            "allow_list: [{customer_id: 'c\u200b', until: 2026-12-01T00:00:00Z, reason: r}]",
            "hidden",
        ),
        ("allow_list: [{customer_id: c, until: 2026-12-01, reason: r}]", "expected a moment"),
        ("allow_list: [{customer_id: c, until: 1798675200, reason: r}]", "valid datetime"),
        ("sha256: x", "does not state its own hash"),
    ],
)
def test_a_malformed_policy_is_refused_with_the_place(
    tmp_path: Path, more: str, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        policy.read(write(tmp_path, more=more))


SPLIT = """
splits:
  - model: fraud_transactions
    share: {share}
    salt: winter
    sample_size: 4000
    until: 2027-02-01T00:00:00Z
    reason: a test
"""


def test_a_policy_may_split_a_model_between_champion_and_challenger(tmp_path: Path) -> None:
    split = policy.read(write(tmp_path, more=SPLIT.format(share=0.1))).split_of(
        "fraud_transactions"
    )

    assert split is not None
    assert (split.share, split.sample_size) == (0.1, 4000)
    assert policy.newest().split_of("fraud_transactions") is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (SPLIT.format(share=0.6), "share"),
        (SPLIT.format(share=0.1).replace("fraud_", "stock_"), "model"),
        (SPLIT.format(share=0.1) + SPLIT.format(share=0.2).replace("\nsplits:", ""), "one split"),
    ],
)
def test_a_split_that_nobody_can_run_is_refused(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        policy.read(write(tmp_path, more=more))


def test_thresholds_in_the_wrong_order_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"fraud\.review must be below"):
        policy.read(write(tmp_path, review=0.9))


@pytest.mark.parametrize(
    "condition",
    [
        "amount > (select 1)",
        "secret = 1",
        "pg_sleep(10)",
        "amount",
        "amount = 1; drop table raw.deliveries",
        "raw.amount = 1",
        "amount ~ 'x'",
        "case when amount > 1 then true end",
        "amount >",
        "",
        "amount > 1" + " and amount > 1" * 1000,
    ],
)
def test_a_condition_with_more_than_one_expression_is_refused(condition: str) -> None:
    with pytest.raises(ConfigurationError):
        rules.parse(condition, {"amount": pa.float64()})
