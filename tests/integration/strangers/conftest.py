"""A new user's warehouse: a data set that the project has never seen, and the command line.

A command runs in this process, in the folder and with the variables of the user: a process of its
own would import the same libraries for each of two dozen commands.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.platform.settings import get_settings
from infra.local.postgres import Cluster
from scoring.__main__ import main
from tests.conftest import PASSWORD, Db, a_warehouse
from tests.mlflow_server import mlflow_server

SOURCES = Path(__file__).with_name("sources")
POLICY = "2026.12.1"
PEOPLE = ("--author", "ann", "--approver", "ben", "--reason", "First policy")


@dataclass
class Newcomer:
    """A user with a description, a landing area and `vesper`.

    Attributes:
        source: name of the description.
        db: the warehouse.
        folder: of the user.
        registry: address of MLflow.
        currency: the currency in which amounts are compared.
    """

    source: str
    db: Db
    folder: Path
    registry: str
    currency: str = "USD"

    @property
    def objects(self) -> Path:
        """The object store's root."""
        return self.folder / "objects"

    def landing(self, feed: str, *, is_history: bool) -> Path:
        """Return the folder of a feed's files, which exists."""
        folder = self.objects / "landing" / self.source / feed / ("history" if is_history else "")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def vesper(self, *arguments: str, expected: int = 0) -> Any:
        """Run a command of the command line to its end, and return its document."""
        output, errors = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(output),
            redirect_stderr(errors),
        ):
            patch.chdir(self.folder)
            for name, value in self._variables.items():
                patch.setenv(name, value)
            get_settings.cache_clear()
            status = main([*arguments, "--json"])
        get_settings.cache_clear()
        assert status == expected, f"{arguments}: {output.getvalue()}\n{errors.getvalue()}"
        return json.loads(output.getvalue())

    def activate_policy(self) -> None:
        """Activate the newest policy."""
        self.vesper("policy", "activate", POLICY, *PEOPLE)

    def decide(self, job: str, start: str, end: str) -> int:
        """Decide a window; return its number of decided rows."""
        run = self.vesper("run", job, "--start", start, "--end", end)
        assert run["state"] == "published"
        return int(run["rows_claimed"])

    def assert_proven(self, job: str) -> None:
        """Every equation holds, and a sample of decisions replays bit for bit."""
        self.vesper("closure", "--job", job)
        self.vesper("replay", "--job", job, "--sample", "50")

    @property
    def _variables(self) -> dict[str, str]:
        warehouse = self.db.settings.warehouse
        roles = ("INGEST", "TRANSFORM", "SCORE", "ANALYST", "FAIRNESS")
        return {
            **{f"SCORING_WAREHOUSE__{role}_PASSWORD": PASSWORD for role in roles},
            "SCORING_WAREHOUSE__HOST": "127.0.0.1",
            "SCORING_WAREHOUSE__PORT": str(warehouse.port),
            "SCORING_WAREHOUSE__DATABASE": warehouse.database,
            "SCORING_WAREHOUSE__BASE_CURRENCY": self.currency,
            "SCORING_OBJECTS__URL": self.objects.as_uri(),
            "SCORING_REGISTRY__TRACKING_URI": self.registry,
            "SCORING_WORK": str(self.folder / "work"),
            "SCORING_SOURCES": self.source,
            "SCORING_SOURCES_DIR": str(SOURCES),
        }


@pytest.fixture(scope="module")
def newcomer(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Newcomer]]:
    """Make a user with a warehouse of its own; all share one registry."""
    with ExitStack() as stack:
        registry = stack.enter_context(mlflow_server(tmp_path_factory.mktemp("mlflow")))

        def make(source: str, currency: str = "USD") -> Newcomer:
            folder = tmp_path_factory.mktemp(source)
            db = stack.enter_context(a_warehouse(cluster, built_template, folder))
            return Newcomer(source, db, folder, registry, currency)

        yield make


def cut(table: pa.Table, column: str, low: str, high: str) -> pa.Table:
    """Return the rows with a time in a half-open interval."""
    import pyarrow.compute as pc

    low_scalar, high_scalar = (pc.cast(pa.scalar(text), table[column].type) for text in (low, high))
    return table.filter(
        pc.and_(pc.greater_equal(table[column], low_scalar), pc.less(table[column], high_scalar))
    )


def write(table: pa.Table, folder: Path, name: str) -> None:
    """Write a Parquet file."""
    pq.write_table(table, folder / name)
