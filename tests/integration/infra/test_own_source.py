"""A new user follows the page on own data word for word and gets decisions."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from infra.local import __main__ as local
from infra.local import choice, run_dag
from infra.local.environment import scoring
from infra.local.state import State
from tests.airflow_process import DAGS, ROOT, run_in_airflow
from tests.conftest import PASSWORD, Db
from tests.mlflow_server import mlflow_server

SECTION = (ROOT / "docs" / "bring-your-own-data.md").read_text()
COMMANDS = [
    line
    for block in re.findall(r"```console\n(.*?)```", SECTION, re.DOTALL)
    for line in block.splitlines()
]
(DESCRIPTION,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
((HEADER, EXAMPLE),) = re.findall(r"```csv\n(.*)\n(.*)\n```", SECTION)
((SOURCE_FILE, SOURCE),) = set(re.findall(r"This is `(sources/(\w+)\.yaml)`", SECTION))
SCRIPT = Path(__file__).with_name("airflow_run.py")

VIENNA = ZoneInfo("Europe/Vienna")
HISTORY, LIVE = datetime(2026, 1, 5, tzinfo=VIENNA), datetime(2026, 3, 1, tzinfo=VIENNA)
DAY = timedelta(days=1)


@dataclass
class Newcomer:
    """Act as a user in an empty folder that finds the program.

    Args:
        folder: the working folder of the user.
        db: the warehouse that `make up` finds started.
        registry: the address of MLflow.
    """

    folder: Path
    db: Db
    registry: str
    variables: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def run(self, command: str) -> None:
        """Run one line of the page."""
        name, *words = shlex.split(command)
        if name != "make":
            subprocess.run(
                ["/bin/bash", "-euc", command], cwd=self.folder, env=self.variables, check=True
            )
            return
        target, *settings = words
        variables = dict(word.split("=", 1) for word in settings)
        targets: dict[str, Callable[..., None]] = {
            "up": self.up,
            "run": self.run_dag,
            "sql": self.sql,
        }
        targets[target](**variables)

    def up(self, SOURCE: str) -> None:  # noqa: N803 - a variable of make
        """Start every part of the stack except Airflow."""
        state, described = choice.to_start(SOURCE, self.folder / ".local")
        state.prepare()
        choice.remember(state, described)
        warehouse = self.db.settings.warehouse
        state.write("ports.json", {"postgres": warehouse.port, "mlflow": 1, "airflow": 1})
        roles = ("ingest", "transform", "score", "analyst", "fairness")
        state.write("secrets.json", dict.fromkeys(roles, PASSWORD))
        self.variables = os.environ | {
            **scoring(State(state.source, state.root)),
            "SCORING_WAREHOUSE__DATABASE": warehouse.database,
            "SCORING_REGISTRY__TRACKING_URI": self.registry,
            "PYTHONPATH": str(ROOT),
        }
        subprocess.run(
            [sys.executable, "-m", "infra.local.install"],
            cwd=self.folder,
            env=self.variables,
            check=True,
        )

    def run_dag(self, DAG: str, **window: str) -> None:  # noqa: N803 - a variable of make
        """Run a DAG to its end in an Airflow of this user."""
        options = [f"--{name.lower().replace('_', '-')}={text}" for name, text in window.items()]
        parsed = local.parser().parse_args(["run", *options, "--", DAG])
        order = run_dag.order_of(parsed.dag, parsed.start, parsed.end, parsed.as_of)
        result = run_in_airflow(
            self.folder / "airflow",
            SCRIPT,
            DAGS,
            DAG,
            json.dumps(order.form()),
            **self.variables,
        )
        assert result["state"] == "success", result
        assert result["tasks"]

    def sql(self, QUERY: str) -> None:  # noqa: N803 - a variable of make
        """Run a query as the role analyst."""
        with self.db.connect("analyst") as connection:
            self.rows = connection.execute(QUERY.encode()).fetchall()


@pytest.fixture
def newcomer(migrated: Db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newcomer]:
    """Return a user with files and the page's YAML; the project ships neither."""
    folder = tmp_path / "checkout"
    (folder / "sources").mkdir(parents=True)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    (folder / SOURCE_FILE).write_text(DESCRIPTION)
    (folder / "history.csv").write_text(some_transactions(HISTORY, LIVE, 2_600, seed=1))
    (folder / "march.csv").write_text(some_transactions(LIVE, LIVE + DAY, 60, seed=2))
    monkeypatch.setenv(choice.SOURCES_DIR, str(folder / "sources"))
    monkeypatch.chdir(folder)
    with mlflow_server(tmp_path / "mlflow") as address:
        variables = os.environ | {"PYTHONPATH": str(ROOT)}
        yield Newcomer(folder, migrated, address, variables)


def some_transactions(start: datetime, end: datetime, count: int, seed: int) -> str:
    """Return transactions as in the README's example; large ones are often charged back."""
    draw = np.random.default_rng(seed)
    seconds = np.sort(draw.integers(0, int((end - start).total_seconds()), count))
    amounts = draw.gamma(2, 20, count).round(2) + 1
    is_fraud = (amounts > 75) & (draw.random(count) < 0.9)
    moments = [
        (start.astimezone(UTC) + timedelta(seconds=int(s))).astimezone(VIENNA) for s in seconds
    ]
    lines = [
        f"{seed}{number:05},{draw.integers(4_000, 4_090)},S-{draw.integers(0, 30)},"
        f"{moment:%Y-%m-%d %H:%M:%S},{amount:.2f},{int(fraud)}"
        for number, (moment, amount, fraud) in enumerate(
            zip(moments, amounts, is_fraud, strict=True)
        )
    ]
    return "\n".join([HEADER, *lines]) + "\n"


def test_the_readme_s_steps_lead_from_a_file_to_decisions(newcomer: Newcomer) -> None:
    # one test: an installation and a training take most of a minute
    for command in COMMANDS:
        newcomer.run(command)

    decided = newcomer.db.rows(
        "select count(*), count(*) filter (where is_degraded), min(occurred_at) >= %s "
        "from serving.latest_transaction_decisions",
        LIVE,
    )
    assert decided == [(60, 0, True)]
    assert len(newcomer.rows) == 20
    assert newcomer.rows[0][2] > newcomer.rows[-1][2]
    closure = subprocess.run(
        [sys.executable, "-m", "scoring", "closure"],
        cwd=newcomer.folder,
        env=newcomer.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert closure.returncode == 0, closure.stdout


def test_the_page_shows_the_description_that_a_test_decides_a_public_file_with() -> None:
    tested = ROOT / "tests/integration/strangers/sources/card_demo.yaml"

    assert f'title="sources/card_demo.yaml"\n{tested.read_text()}```' in SECTION


def test_the_readme_s_example_row_fits_its_header() -> None:
    assert len(EXAMPLE.split(",")) == len(HEADER.split(","))
    assert SOURCE not in {path.stem for path in (ROOT / "features" / "sources").iterdir()}
