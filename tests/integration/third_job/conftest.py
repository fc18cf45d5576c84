"""Install the third job beside the product: one registration, one migration, one dbt folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import skops.io

from features import build
from features.platform import code_version
from features.platform.libraries import lock_digest
from features.platform.objects import ObjectStore
from features.platform.settings import Role, Settings
from features.platform.storage import object_store
from infra.local.postgres import Cluster
from scoring import domains
from scoring.decision.policy import activations
from scoring.evidence import closure
from scoring.runs.pins import ModelPin, Pins, pin_of_nothing
from scoring.runs.record import Run
from scoring.runs.request import Kind, Request
from scoring.steps.pipeline import Pipeline
from tests.conftest import Db, a_warehouse
from tests.faults import deliveries
from tests.faults.deliveries import Delivery
from tests.integration.third_job.job import JOB, VIEW
from tests.integration.third_job.model import trained

HERE = Path(__file__).parent
DAY = timedelta(days=1)
FIRST_DAY = datetime.combine(deliveries.FIRST.date(), datetime.min.time(), UTC)


@dataclass(frozen=True)
class Forecasting:
    """One warehouse with the third job, as a place that the fault suite's invariants check."""

    db: Db
    settings: Settings
    store: ObjectStore
    pins: Pins
    folder: Path

    @property
    def objects(self) -> Path:
        """The folder of the object store."""
        return self.folder / "objects"

    @property
    def pipeline(self) -> Pipeline:
        """The eight steps of the job."""
        return Pipeline(JOB, self.settings, pins=self.pins)

    def deliver(self, delivery: Delivery) -> None:
        """Put a file into the landing folder."""
        target = self.objects / deliveries.FOLDER / delivery.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(delivery.content)

    def decide(self, day: datetime) -> tuple[Run, dict[str, Any]]:
        """Take one day through the eight steps; return the run and the result of each step."""
        results: dict[str, Any] = {}
        request = Request(day, day + DAY, Kind.SCHEDULED, f"scheduled {day}")
        return self.pipeline.run(request, results.__setitem__), results

    def restate(self, subject: str, *, has_model: bool = True) -> Run:
        """Decide the newest version of one subject again, with the model or without it."""
        reason = "late row" if has_model else "no model"
        request = Request(FIRST_DAY, FIRST_DAY + DAY, Kind.RESTATE, "ann", reason, (subject,))
        no_model = {JOB.model.role: pin_of_nothing(JOB.model.name)}
        pins = self.pins if has_model else replace(self.pins, models=no_model)
        return Pipeline(JOB, self.settings, pins=pins).run(request)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.db.rows(query, *parameters)

    def conninfo(self, role: Role) -> str:
        """Return the connection string of a login role."""
        return self.settings.warehouse.conninfo(role)

    def equations(self) -> Sequence[closure.Equation]:
        """Return what must add up, down to the bytes of the published files."""
        with psycopg.connect(self.conninfo("score"), autocommit=True) as connection:
            return closure.equations(connection, JOB, store=self.store)


@pytest.fixture(scope="module")
def installed(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forecasting]:
    """A warehouse with the job's population, ledger, empty feature table and serving view."""
    folder = tmp_path_factory.mktemp("third_job")
    with pytest.MonkeyPatch.context() as patch, a_warehouse(cluster, built_template, folder) as db:
        patch.setitem(domains.JOBS, JOB.name, JOB)
        patch.setattr(build, "PROJECT", _project(folder))
        (folder / f"{deliveries.SOURCE}.yaml").write_text(deliveries.DESCRIPTION)
        settings = db.settings.model_copy(
            update={
                "sources": str(folder / f"{deliveries.SOURCE}.yaml"),
                # dbt's parse of another project stays out of the parse that tests share
                "work": _work_of_its_own(db.settings.work, folder),
                "chunk_rows": 16,
            }
        )
        with db.superuser() as connection:
            connection.execute("set role owner")
            connection.execute((HERE / "customer_days.sql").read_bytes())
        for selector in (VIEW.selector, "customer_day_serving"):
            build.build(selector, settings.warehouse, settings.work)
        store = object_store(settings)
        yield Forecasting(db, settings, store, _pins(settings, store, folder), folder)


def _work_of_its_own(shared: Path, folder: Path) -> Path:
    """Make a work folder with the parse of the product's models, so that dbt parses the job's."""
    own = folder / "third_job_work"
    if (parsed := shared / "dbt" / "partial_parse.msgpack").exists():
        (own / "dbt").mkdir(parents=True)
        shutil.copyfile(parsed, own / "dbt" / parsed.name)
    return own


def _project(folder: Path) -> Path:
    """Copy dbt's project and add the models and the selectors of the job."""
    project = folder / "dbt_project"
    shutil.copytree(build.PROJECT, project)
    shutil.copytree(HERE / "dbt", project, dirs_exist_ok=True)
    with (project / "selectors.yml").open("a") as selectors:
        selectors.write((HERE / "selectors.yml").read_text())
    return project


def _pins(settings: Settings, store: ObjectStore, folder: Path) -> Pins:
    path = folder / "model.skops"
    skops.io.dump(trained(VIEW.columns), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pin = ModelPin(JOB.model.name, "1", digest, "", "")
    store.put(pin.object_name, path)
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        policy = activations.activate(
            connection, "2026.11.1", author="ann", approver="ben", reason="forecasts"
        )
    return Pins(
        {JOB.model.role: asdict(pin)},
        policy.version,
        policy.sha256,
        VIEW.qualified,
        code_version.pinned("test"),
        lock_digest(settings.lock_file),
    )
