"""Runs before and after a promotion and a rollback keep their models, and replay to the same bits.

A person at a terminal takes each decision with a command.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from features.platform.settings import Settings
from scoring.__main__ import main
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.fraud.job import JOB
from scoring.runs.pins import ModelPin
from scoring.runs.record import Run
from tests import promotions
from tests.builders import NOON, a_transaction
from tests.conftest import Db
from tests.integration.promotion.conftest import decide
from tests.integration.scoring.conftest import HOUR, Bench, a_fraud_model

PERSON = ("--person", "ben", "--reason", "the gate says better")


def test_decisions_before_and_after_promotion_and_rollback_replay(
    bench: Bench, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def vesper(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        status = main(["models", *arguments, "--json"])
        printed = capsys.readouterr()
        return status, json.loads(printed.out) if printed.out else printed.err

    def gate(champion: ModelPin, challenger: ModelPin, run: Run) -> None:
        with bench.connect() as connection:
            promotions.record_training(connection, challenger, "ann")
            promotions.record_gate(connection, champion, challenger)
            promotions.record_shadow(connection, challenger, run.run_id, days=7, rows=1_000)

    files = [
        a_fraud_model(folder, seed=seed, is_fraud=lambda amount: amount > 40).read_bytes()
        for seed, folder in ((8, tmp_path), (9, tmp_path))
    ]
    first, second = (
        promotions.register(settings, content, alias=alias)
        for content, alias in zip(files, ("champion", "challenger"), strict=True)
    )
    bench.admit(
        [
            a_transaction(
                transaction_id=f"t{n}",
                occurred_at=NOON + n * HOUR / 10,
                amount_minor=50 + n * 300,
            )
            for n in range(30)
        ]
    )
    bench.build()

    run = decide(bench, settings, 0)
    assert vesper("promote", JOB.name, *PERSON)[0] == 2  # without a gate
    gate(first, second, run)
    refused, message = vesper("promote", JOB.name, "--person", "Ann", "--reason", "mine")
    status, promoted = vesper("promote", JOB.name, *PERSON)
    decide(bench, settings, 1)
    again, rolled_back = vesper("rollback", JOB.name, *PERSON)
    decide(bench, settings, 2)

    assert (refused, "trained it" in message) == (2, True)
    assert (status, promoted["action"], promoted["version"]) == (0, "promote", second.version)
    assert (again, rolled_back["replaces_version"]) == (0, second.version)
    versions = bench.db.rows(
        "select extract(hour from occurred_at at time zone 'UTC') - 12, model_version, count(*) "
        "from decisions.transaction_decisions group by 1, 2 order by 1"
    )
    assert versions == [(0, first.version, 10), (1, second.version, 10), (2, first.version, 10)]
    replayed = verify(JOB, Selection(), settings, bench.store)
    assert replayed.holds
    bench.assert_closes()
    events = bench.db.rows(
        "select event, version, person from serving.model_history order by happened_at"
    )
    assert [event for event, *_ in events] == [
        "became champion",
        "trained",
        "gated",
        "promoted",
        "became champion",
        "rolled back to",
        "became champion",
    ]
    assert bench.db.rows("select count(*) from serving.model_alarms") == [(0,)]


def test_a_person_validates_rejects_and_extends_at_a_terminal(
    built: Db, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    promotions.register(settings, b"model 1", alias="champion")
    pin = promotions.register(settings, b"model 2", alias="challenger")
    with built.connect("score") as connection:
        promotions.record_training(connection, pin, "ann")

    statuses = [
        main(["models", *arguments])
        for arguments in (
            ("validate", JOB.name, "2", *PERSON),
            ("validate", JOB.name, *PERSON, "--invalid"),
            ("promote", JOB.name, *PERSON, "--override"),
            ("reject", JOB.name, *PERSON, "--extend"),
            ("reject", JOB.name, *PERSON),
            ("reject", JOB.name, *PERSON),  # there is no challenger any more
            ("promote", "plan_stock", "1", *PERSON),  # it has no model
        )
    ]

    assert statuses == [0, 0, 2, 0, 0, 2, 2]
    assert "model fraud_transactions: ben finds version 2 not valid" in capsys.readouterr().out
    assert built.rows("select is_valid from audit.model_validations order by validated_at") == [
        (True,),
        (False,),
    ]
