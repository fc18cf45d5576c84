"""A run decides with its model, without its model, and under the policy in force."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.platform.errors import ConfigurationError, ContractError
from scoring.decision.policy import activations
from scoring.models import model_files
from tests.builders import a_transaction
from tests.integration.scoring.conftest import Bench, some_transactions


def test_a_large_amount_is_declined_with_the_amount_as_a_reason(bench: Bench) -> None:
    bench.admit([a_transaction(amount_minor=20_000), a_transaction(amount_minor=100)])

    bench.decide()

    (large, reasons), (small, none) = bench.decisions("decision, reasons")
    assert (large, small) == ("decline", "approve")
    assert reasons[0]["origin"] == "model"
    assert none == []


def test_a_lost_model_file_degrades_every_row_and_approves_none(bench: Bench) -> None:
    bench.admit(some_transactions(4))
    bench.pins = replace(
        bench.pins, models={"fraud": {**bench.pins.models["fraud"], "sha256": "f" * 64}}
    )

    run = bench.decide()

    assert run.rows_degraded == 4
    decisions = bench.decisions("decision, fraud_status, reasons -> 0 ->> 'code'")
    assert set(decisions) == {("review", "model_unavailable", "model_unavailable")}
    bench.assert_closes()


def test_a_model_with_an_unknown_feature_is_refused_with_its_name(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    bench.build()
    load = model_files.load

    def with_shoes(*arguments: object) -> object:
        model = load(*arguments)  # type: ignore[arg-type]
        model.features = [*model.features[:-1], "colour_of_shoes"]
        return model

    # a model of another view: the file is valid, but its list of columns is not
    monkeypatch.setattr(model_files, "load", with_shoes)
    with pytest.raises(ContractError, match=r"does not have: colour_of_shoes"):
        bench.score(run.run_id)


def test_a_row_without_an_exchange_rate_is_reviewed_with_that_reason(bench: Bench) -> None:
    bench.admit([a_transaction(currency_code="CHF", amount_base_minor=None)])

    bench.decide()

    assert bench.decisions("decision, is_degraded, reasons -> 0 ->> 'code'") == [
        ("review", True, "no_fx_rate")
    ]


def test_a_policy_without_approval_decides_no_row(bench: Bench) -> None:
    with bench.db.superuser() as connection:
        connection.execute("delete from audit.policy_activations")
    with bench.connect() as connection, pytest.raises(ConfigurationError, match="no policy"):
        activations.in_force(connection)


def test_authors_cannot_approve_their_own_policies(bench: Bench) -> None:
    with bench.connect() as connection, pytest.raises(ConfigurationError, match="cannot approve"):
        activations.activate(connection, "2026.11.1", author="Ann", approver="ann ", reason="self")
