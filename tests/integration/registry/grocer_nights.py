"""Let two grocers train the model of demand, forecast two nights, and plan their stock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from features.build import build
from features.ingest.run import ingest_all
from features.platform.objects import ObjectStore
from features.platform.settings import Registry, Settings
from features.platform.storage import object_store
from features.sources.source_set import source_set
from infra.local.postgres import Cluster
from scoring.decision.policy import activations
from scoring.demand import train
from scoring.demand.job import JOB as FORECAST
from scoring.models.training import TrainReceipt
from scoring.runs.job import Job
from scoring.runs.record import Run
from scoring.runs.request import Kind, Request
from scoring.runs.training_order import TrainingOrder
from scoring.steps.pipeline import Pipeline
from scoring.stock.job import JOB as PLAN
from tests import grocers
from tests.conftest import Db, a_warehouse
from tests.grocers import DAY, LIVE_DAYS

POLICY = "2026.12.2"


@dataclass(frozen=True)
class Forecast:
    """A warehouse of two grocers with a trained model and two nights of forecasts and plans."""

    db: Db
    settings: Settings
    store: ObjectStore
    receipt: TrainReceipt
    runs: tuple[Run, Run]
    plans: tuple[Run, Run]
    folder: Path

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.db.rows(query, *parameters)


def decide(job: Job, settings: Settings, number: int) -> tuple[Run, dict[str, Any]]:
    """Decide the night of a day, and return the run and the result of each step."""
    results: dict[str, Any] = {}
    start = grocers.day(number)
    request = Request(start, start + DAY, Kind.SCHEDULED, f"scheduled {start}")
    return Pipeline(job, settings).run(request, results.__setitem__), results


@contextmanager
def forecast_nights(
    cluster: Cluster, template: str, registry: Registry, folder: Path
) -> Iterator[Forecast]:
    """Take in the history, train, and forecast and plan two nights."""
    (folder / f"{grocers.SOURCE}.yaml").write_text(grocers.DESCRIPTION)
    with a_warehouse(cluster, template, folder) as db:
        settings = db.settings.model_copy(
            update={
                "sources": str(folder / f"{grocers.SOURCE}.yaml"),
                "chunk_rows": 8,
                "registry": registry,
            }
        )
        store = object_store(settings)
        history = {
            "promotions": grocers.promotions(),
            "stock_levels": grocers.stock(),
            "sales": grocers.sales(range(LIVE_DAYS[0])),
        }
        for name, content in history.items():
            [feed] = source_set(settings).of_feed(name)
            _put(store, f"{feed.history_folder}/history.csv", content, folder)
        with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
            ingest_all(source_set(settings), store, connection, base_currency="USD")
        build(FORECAST.view.selector, settings.warehouse, settings.work)
        receipt = train.train(TrainingOrder(as_of=grocers.day(LIVE_DAYS[0]) + DAY), settings)
        with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
            activations.activate(connection, POLICY, author="ann", approver="bo", reason="first")
        runs, plans = [], []
        for number in LIVE_DAYS:
            for name, content in (
                ("stock_levels", grocers.counts(number)),
                ("sales", grocers.sales([number])),
            ):
                [feed] = source_set(settings).of_feed(name)
                _put(store, f"{feed.folder}/day-{number}.csv", content, folder)
            runs.append(decide(FORECAST, settings, number)[0])
            plans.append(decide(PLAN, settings, number)[0])
        build("serving", settings.warehouse, settings.work)
        yield Forecast(
            db, settings, store, receipt, (runs[0], runs[1]), (plans[0], plans[1]), folder
        )


def _put(store: ObjectStore, name: str, content: bytes, folder: Path) -> None:
    path = folder / "delivered.csv"
    path.write_bytes(content)
    store.put(name, path)
