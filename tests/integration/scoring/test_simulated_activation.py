"""A policy comes into force after a trial on past decisions, or with a recorded reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from features.platform.errors import ConfigurationError
from infra.local.postgres import Cluster
from scoring.__main__ import main
from scoring.decision.policy import policy as policies
from scoring.domains import SCORE_TRANSACTIONS
from scoring.pages import simulation_page
from scoring.simulation import records
from scoring.simulation.activation import Activation, Approval, activate
from scoring.simulation.order import Order
from scoring.simulation.run import simulate
from tests.builders import NOON
from tests.conftest import Db
from tests.integration.scoring.conftest import HOUR, POLICY, Bench, some_transactions
from tests.integration.scoring.copies import a_copy, decided_once
from tests.integration.scoring.test_replay import an_hour

PERSONS = {"author": "ann", "approver": "ben", "reason": "a trial"}


@pytest.fixture(scope="module")
def standing(
    cluster: Cluster,
    built_template: str,
    model_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """A warehouse with an hour of decisions."""
    folder = tmp_path_factory.mktemp("activated")
    with decided_once(cluster, built_template, folder, model_file, an_hour(20)) as bench:
        yield bench


@pytest.fixture
def decided(standing: Bench, cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    """A copy of the warehouse."""
    with a_copy(cluster, standing, tmp_path) as bench:
        yield bench


def put_in_force(db: Db, version: str = POLICY, **options: Any) -> Activation:
    """Activate a policy as the command does."""
    with db.connect("score") as connection:
        connection.autocommit = True
        return activate(connection, Approval(version=version, **PERSONS), **options)


def tried(bench: Bench, version: str = POLICY, hours: int = 1) -> None:
    """Simulate a policy on the decisions of transactions, and record it."""
    window = (NOON + (hours - 1) * HOUR, NOON + hours * HOUR)
    order = Order(SCORE_TRANSACTIONS, policies.load(version), window)
    report = simulate(order, bench.db.settings, bench.store)
    with bench.connect() as connection:
        records.add(connection, report, "ann")


def recorded(db: Db) -> tuple[Any, ...]:
    """Return what the newest activation says of its simulations, and whether its seal has it."""
    return db.rows(
        "select activations.simulations, activations.without_simulation, "
        "seals.content -> 'simulations' is not distinct from activations.simulations "
        "from audit.policy_activations as activations "
        "inner join audit.seals on seals.subject = activations.activation_id "
        "order by activations.activated_at desc limit 1"
    )[0]


def test_a_warehouse_without_decisions_has_nothing_to_simulate(built: Db) -> None:
    made = put_in_force(built, "2026.12.2")

    assert made.without_simulation is None
    assert [(each.job, each.rows) for each in made.simulations] == [
        ("score_transactions", 0),
        ("score_applications", 0),
    ]
    named, without, is_sealed = recorded(built)
    assert {each["job"] for each in named} == {"score_transactions", "score_applications"}
    assert (without, is_sealed) == (None, True)
    assert built.rows(
        "select job, simulated_count, moved_count, activated_at is not null "
        "from serving.policy_simulations order by job"
    ) == [("score_applications", 0, 0, True), ("score_transactions", 0, 0, True)]


def test_with_decisions_a_policy_needs_a_simulation_of_the_same_file(decided: Bench) -> None:
    with pytest.raises(ConfigurationError, match=r"no simulation of this file .*vesper simulate"):
        put_in_force(decided.db)
    tried(decided, "2026.12.1")
    with pytest.raises(ConfigurationError, match="no simulation of this file"):
        put_in_force(decided.db)

    tried(decided)
    made = put_in_force(decided.db)

    assert [each.rows for each in made.simulations] == [20]
    assert recorded(decided.db)[2]


def test_an_empty_window_an_old_or_an_unfaithful_simulation_does_not_count(
    decided: Bench,
) -> None:
    tried(decided, hours=3)
    with pytest.raises(ConfigurationError, match="holds no row"):
        put_in_force(decided.db)
    tried(decided)
    with decided.db.superuser() as connection:
        connection.execute("update audit.policy_simulations set own_differing = 1 where rows > 0")
    with pytest.raises(ConfigurationError, match="does not reproduce 1 decisions"):
        put_in_force(decided.db)
    with decided.db.superuser() as connection:
        connection.execute(
            "update audit.policy_simulations set own_differing = 0, "
            "simulated_at = simulated_at - interval '15 days'"
        )
    with pytest.raises(ConfigurationError, match="within the last 14 days"):
        put_in_force(decided.db)
    assert decided.db.rows("select count(*) from audit.policy_activations") == [(1,)]


def test_an_activation_without_a_simulation_records_its_reason(decided: Bench) -> None:
    made = put_in_force(decided.db, without_simulation="the policy before, after an incident")

    assert made.without_simulation == "the policy before, after an incident"
    assert recorded(decided.db) == (None, "the policy before, after an incident", True)
    for words in ("", " ", "\u200b"):
        with pytest.raises(ConfigurationError, match="why it needs no simulation"):
            put_in_force(decided.db, without_simulation=words)


def test_nobody_changes_a_simulation(migrated: Db) -> None:
    with migrated.connect("score") as connection:
        granted = connection.execute(
            "select array_agg(privilege order by privilege) from unnest(array["
            "'select', 'update', 'delete', 'truncate']) as privilege "
            "where has_table_privilege('audit.policy_simulations', privilege)"
        ).fetchone()

    assert granted == (["select"],)


def test_the_command_reports_records_and_gives_a_page(
    at_a_terminal: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at_a_terminal.admit(some_transactions(6))
    at_a_terminal.decide()
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        (policies.FOLDER / f"{POLICY}.yaml").read_text().replace("review: 0.20", "review: 0.001")
    )
    window = ["--from", NOON.isoformat(), "--to", (NOON + HOUR).isoformat()]
    capsys.readouterr()

    status = main(["simulate", "--policy", str(draft), *window, "--json"])
    document = json.loads(capsys.readouterr().out)
    text_status = main(["simulate", "--policy", str(draft), *window])
    text = capsys.readouterr().out
    refused = [
        main(["simulate", "--policy", str(draft), *window, *more])
        for more in (
            ["--job", "plan_stock"],
            ["--model", "2"],
            ["--job", "score_applications"],
            ["--job", "score_transactions", "--model", "two"],
        )
    ]
    errors = capsys.readouterr().err

    assert (status, text_status, refused) == (0, 0, [2, 2, 2, 2])
    assert document[0]["rows"] == 6
    assert document[0]["moved"] == document[0]["stricter"]
    assert "6 decisions from" in text
    assert "ignores feedback" in text
    for words in (
        "approves and declines nothing",
        "name the job by --job",
        "decides no applications",
        "'two' is no model version",
    ):
        assert words in errors
    assert at_a_terminal.decisions("revision") == [(0,)] * 6
    with at_a_terminal.connect() as connection:
        page = records.page_of(connection, document[0]["simulation_id"])
        listed = records.newest(connection, 10)
        assert records.page_of(connection, uuid4()) is None
    assert page is not None
    shown = simulation_page.render(document[0]["simulation_id"], page)
    assert "<table>" in shown
    assert str(listed[0].simulation_id) in simulation_page.render_list(listed, 10)
    assert main(["policy", "activate", POLICY, *_persons()]) == 2
    assert "vesper simulate --policy 2026.11.1" in capsys.readouterr().err


def _persons() -> list[str]:
    return [part for key, value in PERSONS.items() for part in (f"--{key}", value)]
