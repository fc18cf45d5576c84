"""Two shops: their history trains the value model, and two nights value their customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from mlflow import MlflowClient

from features.build import build
from features.ingest.run import ingest_all
from features.platform import database
from features.platform.errors import TooFewLabelsError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.platform.storage import object_store
from features.sources.source_set import source_set
from infra.local.postgres import Cluster
from scoring.commands.explain import text_of
from scoring.decision.policy import activations
from scoring.evidence import closure
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.models.training import TrainReceipt
from scoring.runs.record import Run
from scoring.runs.request import Kind, Request
from scoring.runs.training_order import TrainingOrder
from scoring.steps.pipeline import STEPS, Pipeline
from scoring.value import train, training_set
from scoring.value.job import JOB
from scoring.value.rows import HORIZONS
from tests import shops
from tests.conftest import Db, a_warehouse
from tests.shops import DAY, LIVE_DAYS

FIRST, SECOND = LIVE_DAYS


@dataclass(frozen=True)
class Valued:
    """A warehouse of two shops with a trained model and two valued nights."""

    db: Db
    settings: Settings
    store: ObjectStore
    receipt: TrainReceipt
    runs: tuple[Run, Run]

    def decide(self, number: int) -> tuple[Run, dict[str, Any]]:
        """Value the customers of one day; return the run and the result of each step."""
        return _decide(self.settings, number)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.db.rows(query, *parameters)


def _decide(settings: Settings, number: int) -> tuple[Run, dict[str, Any]]:
    results: dict[str, Any] = {}
    start = shops.day(number)
    request = Request(start, start + DAY, Kind.SCHEDULED, f"scheduled {start}")
    return Pipeline(JOB, settings).run(request, results.__setitem__), results


@pytest.fixture(scope="module")
def valued(
    cluster: Cluster,
    built_template: str,
    registry_settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Valued]:
    """Take in the history, train, and value the customers of two nights."""
    folder = tmp_path_factory.mktemp("shops")
    (folder / f"{shops.SOURCE}.yaml").write_text(shops.DESCRIPTION)
    with a_warehouse(cluster, built_template, folder) as db:
        settings = db.settings.model_copy(
            update={
                "sources": str(folder / f"{shops.SOURCE}.yaml"),
                "chunk_rows": 64,
                "registry": registry_settings.registry,
            }
        )
        store = object_store(settings)
        [feed] = source_set(settings).of_feed("sales")
        _put(store, f"{feed.history_folder}/history.csv", shops.history(), folder)
        with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
            ingest_all(source_set(settings), store, connection, base_currency="USD")
        build(JOB.view.selector, settings.warehouse, settings.work)
        receipt = train.train(TrainingOrder(as_of=shops.day(FIRST) + DAY), settings)
        with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
            activations.activate(
                connection, "2026.12.1", author="ann", approver="bo", reason="first"
            )
        runs = []
        for number in LIVE_DAYS:
            _put(store, f"{feed.folder}/day-{number}.csv", shops.live(number), folder)
            runs.append(_decide(settings, number)[0])
        yield Valued(db, settings, store, receipt, (runs[0], runs[1]))


def _put(store: ObjectStore, name: str, content: bytes, folder: Path) -> None:
    path = folder / "delivered.csv"
    path.write_bytes(content)
    store.put(name, path)


def test_the_training_gives_the_champion_and_says_which_method_serves(
    valued: Valued, address: str
) -> None:
    client = MlflowClient(address)
    version = client.get_model_version(JOB.model.name, valued.receipt.version)

    page = Path(client.download_artifacts(version.run_id, "model_card.md")).read_text()

    assert valued.receipt.alias == "champion"
    assert version.tags["feature_view"] == JOB.view.qualified
    assert any(note.startswith("Merchant large is valued by") for note in valued.receipt.notes)
    assert any("gamma-gamma assumes 0" in note for note in valued.receipt.notes)
    assert "## Which method serves" in page
    assert "| small | mbg_nbd | – | 0 | 0 | too little data: 0 origins, 2 needed |" in page


def test_targets_are_the_purchase_days_and_the_spend_after_the_month_end(valued: Valued) -> None:
    spent = {
        f"{shop}-{customer}": np.round(days, 2)
        for shop, customers in shops.purchases().items()
        for customer, days in enumerate(customers)
    }
    first = (shops.BEGINNING - datetime(1970, 1, 1, tzinfo=UTC)).days
    newest = {
        shop: first + np.flatnonzero(customers.any(axis=0)).max()
        for shop, customers in shops.purchases().items()
    }
    with database.connect(valued.settings.warehouse, "score", autocommit=False) as connection:
        rows = training_set.read(
            connection, JOB.view, start=train.BEGINNING, end=shops.day(400), as_of=datetime.now(UTC)
        )

    assert {*rows.merchants} == {"large", "small"}
    for place, horizon in enumerate(HORIZONS):
        is_known = rows.day + horizon <= [newest[shop] for shop in rows.merchant]
        later = [
            spent[name][day - first + 1 : day - first + 1 + horizon]
            for name, day in zip(rows.customer[is_known], rows.day[is_known], strict=True)
        ]
        counts, sums = rows.targets[:, place], rows.targets[:, len(HORIZONS) + place]
        assert 0 < is_known.sum() < len(rows)
        assert counts[is_known].tolist() == [float((days > 0).sum()) for days in later]
        assert sums[is_known] == pytest.approx([days.sum() for days in later])
        assert np.isnan(counts[~is_known]).all()
        assert np.isnan(sums[~is_known]).all()


def test_every_customer_of_the_look_back_is_valued_on_both_nights(valued: Valued) -> None:
    for run, number in zip(valued.runs, LIVE_DAYS, strict=True):
        customers = {
            f"{shop}-{customer}"
            for shop, spent in shops.purchases().items()
            for customer in np.flatnonzero((spent[:, : number + 1] > 0).any(axis=1))
        }
        rows = valued.rows(
            "select customer_id from decisions.customer_values"
            " where run_id = %s and not is_degraded",
            run.run_id,
        )

        assert run.state == "published"
        assert sorted(customer for (customer,) in rows) == sorted(customers)


def test_values_are_within_their_bounds_and_name_their_method(valued: Valued) -> None:
    assert valued.rows(
        "select bool_and(p_active between 0 and 1 and expected_purchases_30d"
        " <= expected_purchases_90d and expected_spend_30d <= expected_spend_90d)"
        " from decisions.customer_values"
    ) == [(True,)]
    methods = valued.rows(
        "select distinct merchant_id, value_method from decisions.customer_values order by 1"
    )
    assert methods == [("large", "mbg_nbd"), ("small", "mbg_nbd")]


def test_a_customer_who_buys_in_the_night_is_more_likely_active_than_the_night_before(
    valued: Valued,
) -> None:
    moved = valued.rows(
        "select bool_and(after.p_active > before.p_active), count(*)"
        " from decisions.customer_values as before"
        " inner join decisions.customer_values as after using (merchant_id, customer_id)"
        " inner join marts.feat_customer_nights as features"
        " on features.customer_night_id = after.customer_night_id"
        " where before.run_id = %s and after.run_id = %s and features.purchased_tonight"
        " and features.frequency > 1",
        *(run.run_id for run in valued.runs),
    )

    assert moved[0][0] is True
    assert moved[0][1] >= 1


def test_everything_adds_up_and_a_changed_value_is_noticed(valued: Valued) -> None:
    with psycopg.connect(
        valued.settings.warehouse.conninfo("score"), autocommit=True
    ) as connection:
        equations = closure.equations(connection, JOB, store=valued.store)
    with valued.db.superuser() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "update decisions.customer_values set p_active = p_active / 2"
            " where customer_night_id = (select min(customer_night_id)"
            " from decisions.customer_values)"
        )
        connection.execute("set role score")
        changed = closure.equations(connection, JOB)

    assert [str(equation) for equation in equations if not equation.holds] == []
    assert "rows of decisions.customer_values" in {equation.subject for equation in equations}
    assert any("decisions.customer_values were changed" in str(equation) for equation in changed)


def test_every_value_and_its_features_replay_to_the_same_bits(valued: Valued) -> None:
    verification = verify(JOB, Selection(), valued.settings, valued.store)

    assert verification.as_dict()["differences"] == []
    assert verification.holds
    assert verification.replay.decisions == sum(run.rows_claimed for run in valued.runs)


def test_a_valued_night_is_not_valued_again(valued: Valued) -> None:
    run, steps = valued.decide(SECOND)

    assert run.run_id == valued.runs[1].run_id
    assert list(steps) == list(STEPS[:3])


def test_a_value_is_explained_by_the_history_of_the_customer(valued: Valued) -> None:
    [(name,)] = valued.rows(
        "select min(customer_night_id) from decisions.customer_values where merchant_id = 'small'"
    )

    explanation = explain(JOB, name, valued.settings, valued.store)

    assert explanation.lines[0] == (
        "valued by mbg_nbd, with the parameters of all merchants together"
    )
    text = text_of(explanation)
    assert "expected purchases" in text
    assert "after one more purchase today" in text


def test_before_the_first_month_end_there_is_nothing_to_learn_from(valued: Valued) -> None:
    with pytest.raises(TooFewLabelsError, match="holds 0 customers at month ends"):
        train.train(TrainingOrder(as_of=shops.day(60)), valued.settings)
