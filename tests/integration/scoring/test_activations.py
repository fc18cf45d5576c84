"""A policy that cannot run, or that has only one person behind it, never comes into force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.platform.errors import ConfigurationError
from features.platform.storage import object_store
from scoring.decision.policy import activations, persons, policy
from scoring.domains import SCORE_TRANSACTIONS
from scoring.runs.request import Request
from scoring.steps import claim
from tests.builders import NOON
from tests.conftest import Db
from tests.unit.scoring.decision.test_persons import SPELLINGS

OF_RECORD = policy.FOLDER / "2026.12.1.yaml"
SECOND_RULES = """
rules:
  - rule_id: only_one
    outcome: review
    when: customer_transaction_count_3h >= 99
    analyst_text: a
    applicant_text: b
"""


@pytest.fixture
def connection(migrated: Db) -> Iterator[psycopg.Connection[Any]]:
    """Connect as role score."""
    conninfo = migrated.settings.warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write the next policy into a folder of this test, changed from the policy of record."""
    # the policies of the project are part of the code, and a test does not write there
    monkeypatch.setattr(policy, "load", partial(policy.load, folder=tmp_path))

    def written(*changes: tuple[str, str], more: str = "") -> str:
        text = OF_RECORD.read_text().replace('version: "2026.12.1"', 'version: "9"', 1)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "9.yaml").write_text(text + more)
        return "9"

    return written


def activate(connection: psycopg.Connection[Any], version: str, **stated: Any) -> policy.Policy:
    values = {"author": "ann", "approver": "ben", "reason": "test"} | stated
    return activations.activate(connection, version, **values)


def activation_count(connection: psycopg.Connection[Any]) -> int:
    (count,) = connection.execute("select count(*) from audit.policy_activations").fetchone() or ()
    return int(count)


def test_a_policy_that_can_run_is_put_in_force(
    connection: psycopg.Connection[Any], write: Any
) -> None:
    activated = activate(connection, write())

    assert activations.in_force(connection) == activated


def test_a_second_key_does_not_replace_the_first(
    connection: psycopg.Connection[Any], write: Any
) -> None:
    version = write(more=SECOND_RULES)

    with pytest.raises(ConfigurationError, match=r"9\.yaml .*the key rules occurs twice"):
        activate(connection, version)
    assert activation_count(connection) == 0


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("decline: 0.80", "decline: yes", r"fraud\.decline: Input should be a valid number"),
        ("decline: 0.80", 'decline: "0.8"', r"fraud\.decline: Input should be a valid number"),
        ("decline: 0.80", "decline: .nan", r"fraud\.decline: Input should be a valid number"),
        ("decline: 0.80", "decline: null", r"fraud\.decline: Input should be a valid number"),
        ("  decline: 0.80\n", "", r"fraud\.decline: Field required"),
        ("is_knock_out: true", "is_knock_out: 1", r"is_knock_out: Input should be a valid boolean"),
        ('"2026.12.1"', "2026.12", r"reason_codes\.version: Input should be a valid string"),
        ("rule_id: burst", "rule_id: Burst", r"rules\.2\.rule_id: String should match"),
        ("rule_id: burst", "rule_id: b\u0443rst", r"rules\.2\.rule_id: String should match"),
        ("rule_id: burst", "rule_id: card_testing", "two rules share one rule_id: card_testing"),
        ("when: customer_transaction_count_3h >= 15", "when: ''", r"rules\.2\.when: String should"),
        (
            "analyst_text: Fifteen or more payments within three hours",
            'analyst_text: "a\\x1b[2Kb"',
            r"rules\.2\.analyst_text: Value error, expected one line",
        ),
        ("grade: B,", "grade: A,", "names one grade twice"),
        ("sha256: aa2f", "sha256: bb2f", r"credit\.reason_codes: the table .* is not the one"),
    ],
)
def test_a_policy_of_wrong_form_names_the_place(
    connection: psycopg.Connection[Any], write: Any, old: str, new: str, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        activate(connection, write((old, new)))

    assert activation_count(connection) == 0


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("colour_of_shoes > 1", "not a declared column"),
        ("fraud_decline_count > 1", "not a declared column"),  # a column of applications only
        ("merchant_id > 5", "compares text with integer"),
        ("amount = null", "compares with null"),
        ("amount in (1, null)", "compares with null"),
        ("amount >", "has its end as a value"),
        ("amount / local_hour > 1", "divides"),
        ("local_hour between 5 and 3", "no row satisfies"),
        ("amount * 1e300 > 1", "too large"),
    ],
)
def test_a_rule_that_cannot_run_names_file_rule_and_reason(
    connection: psycopg.Connection[Any], write: Any, when: str, reason: str
) -> None:
    version = write(("when: customer_transaction_count_3h >= 15", f'when: "{when}"'))

    with pytest.raises(ConfigurationError, match=rf"9\.yaml: rule burst: .*{reason}"):
        activate(connection, version)
    assert activation_count(connection) == 0


def test_every_rule_that_cannot_run_is_named_at_once(
    connection: psycopg.Connection[Any], write: Any
) -> None:
    version = write(
        ("when: customer_transaction_count_3h >= 15", "when: amount = null"),
        ("when: annual_income < 6000", "when: purpose_group = 'castle'"),
    )

    with pytest.raises(ConfigurationError) as caught:
        activate(connection, version)
    named = [line.split(": the")[0] for line in str(caught.value).splitlines()[1:]]
    assert named == ["9.yaml: rule burst", "9.yaml: rule income_too_low"]


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_an_author_cannot_approve_under_a_second_spelling(
    connection: psycopg.Connection[Any], spelling: str
) -> None:
    with pytest.raises(ConfigurationError, match="cannot approve"):
        activate(connection, "2026.12.1", author="ann lee", approver=spelling)


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({"author": " "}, "the author has no name"),
        ({"approver": "\u200b"}, "the approver has no name"),
        ({"reason": ""}, "state in words why"),
        ({"reason": "\u00a0..."}, "state in words why"),
        ({"reason": "\x1b[2K"}, "state in words why"),
        ({"effective_from": datetime(2020, 1, 1, tzinfo=UTC)}, "lies in the past"),
    ],
)
def test_an_approval_without_names_reason_or_future_is_refused(
    connection: psycopg.Connection[Any], stated: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        activate(connection, "2026.12.1", **stated)

    assert activation_count(connection) == 0


def test_a_policy_may_be_approved_for_a_later_moment(connection: psycopg.Connection[Any]) -> None:
    activate(connection, "2026.11.1")
    later = datetime.now(UTC) + timedelta(days=1)
    activate(connection, "2026.12.1", effective_from=later)

    assert activations.in_force(connection).version == "2026.11.1"


def test_a_policy_whose_listings_have_expired_may_be_put_in_force_again(
    connection: psycopg.Connection[Any], write: Any
) -> None:
    """A return to an earlier policy must work on the day on which it is needed."""
    listing = 'allow_list: [{customer_id: "c1", until: 2020-01-01T00:00:00Z, reason: Phone}]'

    assert activate(connection, write(("allow_list: []", listing))).allow_list


@pytest.mark.parametrize("version", ["../policies/2026.12.1", "2026.12.1/..", "x\x00", "", "x"])
def test_a_version_cannot_be_a_path(connection: psycopg.Connection[Any], version: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is no version of a policy|there is no policy"):
        activate(connection, version)


INSERT = (
    "insert into audit.policy_activations "
    "(policy_version, policy_sha256, effective_from, author, approver, reason) "
    "values ('1', 'x', now(), %s, %s, %s)"
)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_the_database_also_refuses_a_second_spelling(
    connection: psycopg.Connection[Any], spelling: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="two_persons"):
        connection.execute(INSERT, ("ann lee", spelling, "reason"))


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        (("", "ben", "reason"), "named"),
        (("ann", "\u200b\u00a0", "reason"), "named"),
        (("ann", "ben", " \u200b"), "reasoned"),
    ],
)
def test_the_database_refuses_names_and_reasons_without_a_visible_letter(
    connection: psycopg.Connection[Any], values: tuple[str, str, str], constraint: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=constraint):
        connection.execute(INSERT, values)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=12)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(NAMES, min_size=200, max_size=200))
def test_a_name_that_is_empty_for_the_database_is_empty_for_the_code(
    migrated: Db, names: list[str]
) -> None:
    """The table is never stricter than the code: it accepts every name that the code accepts."""
    compared = migrated.rows("select audit.person(name) from unnest(%s::text[]) as t (name)", names)

    for name, (visible,) in zip(names, compared, strict=True):
        assert visible or not persons.identity_of(name)


def test_an_approved_policy_that_this_version_cannot_run_is_not_claimed(
    connection: psycopg.Connection[Any], migrated: Db, write: Any
) -> None:
    version = write(("when: customer_transaction_count_3h >= 15", "when: \"customer_id > 'c'\""))
    connection.execute(
        INSERT.replace("'1', 'x'", "%s, %s"),
        (version, policy.load(version).sha256, "ann", "ben", "an earlier version of the code"),
    )
    request = Request(NOON, NOON + timedelta(hours=1), "scheduled", "scheduled")

    with pytest.raises(ConfigurationError, match=r"policy activate`:\nrule burst: .*orders text"):
        claim.claim(SCORE_TRANSACTIONS, request, migrated.settings, object_store(migrated.settings))
    assert migrated.rows("select count(*) from decisions.runs") == [(0,)]
