"""Provide two shops with a year of sales, a trained model, and nights to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from features.ingest.run import ingest_all
from features.platform.objects import ObjectStore
from features.platform.settings import Registry, Settings
from features.platform.storage import object_store
from features.sources.source_set import source_set
from infra.local.postgres import Cluster
from scoring.decision.policy import activations
from scoring.models.training import TrainReceipt
from scoring.runs.record import Run
from scoring.runs.request import Kind, Request
from scoring.runs.training_order import TrainingOrder
from scoring.segments.job import JOB
from scoring.segments.train import train
from scoring.steps.pipeline import Pipeline
from tests.conftest import Db, a_warehouse
from tests.mlflow_server import mlflow_server

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
START = date(2025, 3, 15)
HEADER = (
    "merchant_id,order_id,line_no,customer_id,product_id,quantity,unit_price,currency,"
    "occurred_at,event,is_merchandise"
)
DESCRIPTION = f"""
description: Sales of two shops.
time_zone: null
decide_from: {FIRST.isoformat()}
maturity_days: 0
feeds:
  sales:
    formats: [csv]
    columns:
      sale_line_id: {{columns: [merchant_id, order_id, line_no]}}
      {chr(10).join(f"      {name}: {name}" for name in HEADER.split(",")).strip()}
    settle_seconds: 0
    tolerated_bad_share: 0.05
"""
#: A customer that bought once, a year before the first night, and then on the second night.
SLEEPER = "sleeper"
#: Customers of the shop with segments of its own, and of the one that shares the pooled ones.
CUSTOMERS = {"big": 240, "small": 30}


def line(merchant: str, customer: str, day: date, price: float = 40.0) -> str:
    """Return one line of an order at noon."""
    order = f"{customer}-{day}"
    return f"{merchant},{order},1,{customer},p1,1,{price:.2f},USD,{day}T12:00:00Z,sale,true"


def a_year() -> list[str]:
    """Return the sales of a year and of the first three days to decide."""
    draw = np.random.default_rng(5)
    lines = []
    for merchant, count in CUSTOMERS.items():
        for number in range(count):
            pace, price, last = ((8, 90, 354), (45, 60, 354), (300, 25, 350), (200, 20, 100))[
                number % 4
            ]
            day = int(draw.integers(0, 90))
            while day < last:
                spent = price * draw.lognormal(0, 0.3)
                lines.append(
                    line(merchant, f"c{number}", START + timedelta(days=day), float(spent))
                )
                day += 1 + int(draw.exponential(pace))
    lines += [line("big", SLEEPER, date(2025, 3, 5)), line("big", SLEEPER, date(2026, 3, 2))]
    lines += [line("big", "", date(2026, 3, day)) for day in (1, 2, 3)]
    return lines


@dataclass
class Shops:
    """The warehouse of two shops, with its model."""

    db: Db
    settings: Settings
    store: ObjectStore
    receipt: TrainReceipt

    def deliver(self, name: str, lines: Sequence[str]) -> None:
        """Put a file of sales into the landing folder, and take it in."""
        target = Path(self.settings.objects.url.removeprefix("file://")) / "landing/shops/sales"
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join((HEADER, *lines, "")))
        with self.db.connect("ingest") as connection:
            connection.autocommit = True
            ingest_all(
                source_set(self.settings),
                self.store,
                connection,
                base_currency=self.settings.warehouse.base_currency,
            )

    @property
    def pipeline(self) -> Pipeline:
        """The eight steps of the job."""
        return Pipeline(JOB, self.settings)

    def decide(self, day: datetime) -> tuple[Run, dict[str, Any]]:
        """Take one night through the eight steps; return the run and the result of each step."""
        results: dict[str, Any] = {}
        request = Request(day, day + DAY, Kind.SCHEDULED, f"scheduled {day}")
        return self.pipeline.run(request, results.__setitem__), results

    def restate(self, subject: str) -> Run:
        """Decide one customer night again."""
        request = Request(FIRST, FIRST + DAY, Kind.RESTATE, "ann", "late row", (subject,))
        return self.pipeline.run(request)

    def train(self, **order: datetime) -> TrainReceipt:
        """Train on the last month before the first night to decide, unless the order says else."""
        return train(TrainingOrder(**{"end": FIRST, **order}), self.settings)  # type: ignore[arg-type]

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.db.rows(query, *parameters)


@pytest.fixture(scope="module")
def shops(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shops]:
    """Take in a year of sales, build its features, and train the first model."""
    folder = tmp_path_factory.mktemp("shops")
    with (
        a_warehouse(cluster, built_template, folder) as db,
        mlflow_server(folder / "mlflow") as address,
    ):
        (folder / "shops.yaml").write_text(DESCRIPTION)
        settings = db.settings.model_copy(
            update={
                "sources": str(folder / "shops.yaml"),
                "registry": Registry(tracking_uri=address, timeout_seconds=20),
                "chunk_rows": 100,
            }
        )
        with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
            activations.activate(
                connection, "2026.11.1", author="ann", approver="ben", reason="segments"
            )
        place = Shops(db, settings, object_store(settings), None)  # type: ignore[arg-type]
        place.deliver("history/year.csv", a_year())
        place.pipeline.build()
        place.receipt = place.train()
        yield place
