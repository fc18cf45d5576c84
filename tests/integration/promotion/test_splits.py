"""A policy lets the challenger decide a share of the customers; the ledger says who decided."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from features.platform.settings import Settings
from scoring.__main__ import main
from scoring.decision import draws
from scoring.decision.policy import policy
from scoring.decision.policy.split import Split
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.fraud.job import JOB
from scoring.runs.pins import ModelPin
from scoring.simulation.order import Order
from scoring.simulation.run import simulate
from tests import promotions
from tests.builders import NOON, a_transaction
from tests.integration.promotion.conftest import HOUR, decide
from tests.integration.scoring.conftest import Bench, a_fraud_model

PERSON = ("--person", "ben", "--reason", "read the card")
HOURS, ROWS = 4, 40
SPLIT = {
    "model": "fraud_transactions",
    "share": 0.5,
    "salt": "winter",
    "sample_size": 10,
    "until": datetime(2036, 1, 1, tzinfo=UTC),
    "reason": "are the customers of the challenger better off?",
}
DRAWN = draws.is_drawn(pa.array([f"c{n}" for n in range(ROWS)]), "winter", 0.5)


def split_by(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Put a split into the policy in force."""
    read = policy.load
    split = Split.model_validate(SPLIT | changes)

    def load(version: str, sha256: str | None = None) -> policy.Policy:
        return read(version, sha256).model_copy(update={"splits": (split,)})

    monkeypatch.setattr(policy, "load", load)


@pytest.fixture
def versions(bench: Bench, settings: Settings, tmp_path: Path) -> tuple[ModelPin, ModelPin]:
    """Champion and challenger, which Ann trained, and some hours of undecided transactions."""
    content = [
        a_fraud_model(tmp_path, seed, is_fraud=lambda amount: amount > 40).read_bytes()
        for seed in (8, 9)
    ]
    champion, challenger = (
        promotions.register(settings, each, alias=alias)
        for each, alias in zip(content, ("champion", "challenger"), strict=True)
    )
    with bench.connect() as connection:
        promotions.record_training(connection, challenger, "ann")
    bench.admit(
        [
            a_transaction(
                transaction_id=f"t{hour}-{n:02}",
                customer_id=f"c{n}",
                occurred_at=NOON + hour * HOUR + n * HOUR / ROWS,
                amount_minor=50 + n * 150,
            )
            for hour in range(HOURS)
            for n in range(ROWS)
        ]
    )
    bench.build()
    return champion, challenger


def deciders(bench: Bench, hour: int) -> list[str]:
    """Return the versions that decided the customers of an hour."""
    rows = bench.db.rows(
        "select model_version from decisions.transaction_decisions "
        "where transaction_id like %s order by transaction_id",
        f"t{hour}-%",
    )
    return [version for (version,) in rows]


def test_a_validated_challenger_decides_its_customers_and_everything_replays(
    bench: Bench,
    settings: Settings,
    versions: tuple[ModelPin, ModelPin],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    champion, challenger = (pin.version for pin in versions)
    by_both = [challenger if is_drawn else champion for is_drawn in DRAWN]

    split_by(monkeypatch)
    decide(bench, settings, 0)
    assert main(["models", "validate", JOB.name, *PERSON]) == 0
    run = decide(bench, settings, 1)
    split_by(monkeypatch, until=datetime(2026, 1, 1, tzinfo=UTC))
    decide(bench, settings, 2)
    split_by(monkeypatch)
    decide(bench, settings, 3)

    assert deciders(bench, 0) == [champion] * ROWS  # nobody had validated the challenger
    assert deciders(bench, 1) == by_both == deciders(bench, 3)
    assert deciders(bench, 2) == [champion] * ROWS  # the split was over
    assert run.models["fraud_challenger"]["sample_size"] == "10"
    window = (NOON, NOON + HOURS * HOUR)
    order = Order(JOB, policy.load(run.policy_version), window)
    report = simulate(order, settings, bench.store, every_row=True)
    assert (report.rows, report.moved, report.own_differing) == (HOURS * ROWS, 0, 0)
    assert report.reasons is not None
    assert (report.reasons.explained, report.reasons.differing) == (HOURS * ROWS, 0)
    assert verify(JOB, Selection(), settings, bench.store).holds
    bench.assert_closes()
    arms = bench.db.rows(
        "select arm, customer_count, decision_count, unanswered_count, has_sample_size "
        "from serving.model_splits order by arm"
    )
    drawn = int(DRAWN.sum())
    assert arms == [
        ("challenger", drawn, 2 * drawn, 0, True),
        ("champion", ROWS - drawn, 2 * (ROWS - drawn), None, True),
    ]
    shown = {
        version: explain(JOB, f"t1-{by_both.index(version):02}", settings, bench.store)
        for version in (champion, challenger)
    }
    assert {key: each.decision["model_version"] for key, each in shown.items()} == {
        champion: champion,
        challenger: challenger,
    }
    assert all(each.features[0].contribution is not None for each in shown.values())


def test_a_challenger_whose_file_is_lost_after_the_claim_leaves_its_rows_to_the_champion(
    bench: Bench,
    settings: Settings,
    versions: tuple[ModelPin, ModelPin],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from features.platform.errors import ModelUnavailableError
    from scoring import domains

    champion, challenger = versions
    split_by(monkeypatch)
    assert main(["models", "validate", JOB.name, *PERSON]) == 0
    read, seen = domains.load_model, []

    def lost_after_the_claim(job, pin, *rest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        seen.append(pin.version)
        if pin.version == challenger.version and seen.count(pin.version) == 2:
            raise ModelUnavailableError(f"{pin}: its file is gone")
        return read(job, pin, *rest)

    monkeypatch.setattr(domains, "load_model", lost_after_the_claim)
    run = decide(bench, settings, 0)

    assert "fraud_challenger" in run.models
    assert deciders(bench, 0) == [champion.version] * ROWS
    assert run.rows_degraded == 0
    assert verify(JOB, Selection(), settings, bench.store).holds
