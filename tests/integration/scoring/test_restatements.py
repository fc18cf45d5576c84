"""A restatement decides again, adds a revision, and names its requester and reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.platform.errors import ContractError
from infra.local.postgres import Cluster
from scoring.runs import record
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, Bench, a_correction
from tests.integration.scoring.copies import a_copy, decided_once


@pytest.fixture(scope="module")
def standing(
    cluster: Cluster,
    built_template: str,
    model_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """Approve a transaction, then correct its amount to 200 times as much."""
    folder = tmp_path_factory.mktemp("standing")
    rows = [a_transaction(transaction_id="t", amount_minor=100)]
    with decided_once(cluster, built_template, folder, model_file, rows) as bench:
        bench.admit([a_correction()])
        assert bench.decide(NOON + HOUR).rows_claimed == 0
        yield bench


@pytest.fixture
def corrected(standing: Bench, cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    """A copy of the warehouse with an approved and then corrected transaction."""
    with a_copy(cluster, standing, tmp_path) as bench:
        yield bench


def restate(bench: Bench, **request: Any) -> record.Run:
    """Decide transaction t again at the request of Ann."""
    defaults = {"kind": "restate", "requested_by": "ann", "reason": "wrong amount"}
    return bench.decide(**{**defaults, "restated_ids": ("t",), **request})


def test_a_correction_changes_neither_the_decision_nor_its_inputs(
    corrected: Bench,
) -> None:
    corrected.build()

    assert corrected.decisions("transaction_id, revision, version, decision") == [
        ("t", 0, 1, "approve")
    ]
    assert corrected.db.rows("select version, amount from marts.feat_transactions order by 1") == [
        (1, 1.0),
        (2, 200.0),
    ]
    assert corrected.versions() == {"decided": 1, "correction": 1}
    corrected.assert_closes()


def test_a_restatement_adds_a_revision_and_keeps_the_old_decision(
    corrected: Bench,
) -> None:
    restate(corrected)

    assert corrected.decisions("revision, version") == [(0, 1), (1, 2)]
    assert corrected.db.rows(
        "select revision from serving.latest_transaction_decisions where transaction_id = 't'"
    ) == [(1,)]
    corrected.assert_closes()


def test_a_repeated_restatement_is_found_published(corrected: Bench) -> None:
    first = restate(corrected, requested_by="ann (manual__1)")

    cleared = restate(corrected, requested_by="ann (manual__1)")
    wished_again = restate(corrected, requested_by="ann (manual__2)")

    assert cleared.run_id == first.run_id != wished_again.run_id
    assert corrected.decisions("revision") == [(0,), (1,), (2,)]


def test_after_a_restatement_both_decisions_can_be_read_as_of_their_time(
    corrected: Bench,
) -> None:
    (before,) = corrected.db.rows("select clock_timestamp()")[0]
    restate(corrected)
    (after,) = corrected.db.rows("select clock_timestamp()")[0]

    query = (
        "select revision, version, decision, amount, run_kind, restated_because "
        "from serving.transaction_decision_revisions where transaction_id = 't' "
        "and valid_from <= %s and (valid_until > %s or valid_until is null)"
    )
    with corrected.db.connect("analyst") as connection:
        stood = [connection.execute(query, (at, at)).fetchall() for at in (before, after)]
    assert stood == [
        [(0, 1, "approve", 1.0, "scheduled", None)],
        [(1, 2, "decline", 200.0, "restate", "wrong amount")],
    ]
    assert corrected.versions() == {"decided": 2}
    corrected.assert_closes()


def test_each_restatement_replaces_the_previous_one(corrected: Bench) -> None:
    restate(corrected)
    restate(corrected, reason="the source was right after all")

    assert corrected.db.rows(
        "select revision, valid_until is null, lead(valid_from) over (order by revision) "
        "is not distinct from valid_until from serving.transaction_decision_revisions order by 1"
    ) == [(0, False, True), (1, False, True), (2, True, True)]
    corrected.assert_closes()


def test_a_restatement_leaves_late_rows_to_the_next_run(corrected: Bench) -> None:
    corrected.admit([a_transaction(transaction_id="late", known_at=NOON + 2 * HOUR)])
    restate(corrected)
    assert corrected.versions() == {"decided": 2, "pending": 1}

    corrected.decide(NOON + 2 * HOUR)

    assert corrected.decisions("transaction_id, revision, version") == [
        ("late", 0, 1),
        ("t", 0, 1),
        ("t", 1, 2),
    ]
    corrected.assert_closes()


def test_a_restatement_of_an_undecided_id_is_refused(bench: Bench) -> None:
    with pytest.raises(ContractError, match="only 0 have been decided"):
        bench.claim(kind="restate", reason="r", requested_by="ann", restated_ids=("t",))


def test_a_restatement_without_ids_or_a_reason_is_refused(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    complete = {"kind": "restate", "requested_by": "ann", "reason": "r", "restated_ids": ("t",)}
    half: list[dict[str, object]] = [
        {"reason": None},
        {"reason": "  "},
        {"restated_ids": ()},
        {"kind": "scheduled"},
        {"kind": "manual", "reason": None},
    ]

    for changed in half:
        with pytest.raises(ContractError, match="a restatement names"):
            bench.claim(**(complete | changed))

    assert bench.db.rows("select 1 from decisions.runs") == []
