"""A built warehouse with a real model file, and the steps of a run one by one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
import skops.io
from pydantic import BaseModel, SecretStr

from features.platform import code_version
from features.platform.objects import ObjectStore
from features.platform.settings import get_settings
from features.platform.storage import object_store
from features.views import APPLICATIONS, TRANSACTIONS, FeatureView
from features.views.digests import feature_digest
from scoring.decision.policy import activations
from scoring.domains import SCORE_APPLICATIONS, SCORE_TRANSACTIONS
from scoring.evidence import closure
from scoring.fraud.model import FraudModel
from scoring.runs import lifecycle, record, shards
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin, Pins
from scoring.runs.request import Kind, Request
from scoring.steps import publish
from scoring.steps.pipeline import Pipeline
from tests.builders import NOON, a_transaction, insert_transactions, let_gates_pass
from tests.conftest import Db
from tests.faults import deliveries

if TYPE_CHECKING:
    from tests.integration.scoring.lender import Lender

POLICY = "2026.11.1"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model, really trained: large amounts are fraud."""
    folder = tmp_path_factory.mktemp("model")
    return a_fraud_model(folder, seed=7, is_fraud=lambda amount: amount > 60)


def a_fraud_model(
    folder: Path,
    seed: int,
    is_fraud: Callable[[np.ndarray], np.ndarray],
    view: FeatureView = TRANSACTIONS,
) -> Path:
    """Train a small model on amounts, a few of them labelled wrongly; return its file."""
    generator = np.random.default_rng(seed)
    columns = list(view.columns)
    matrix = generator.gamma(2.0, 1.0, (4_000, len(columns)))
    amount = matrix[:, columns.index("amount")]
    amount *= 10
    model = FraudModel(
        columns,
        [feature.name for feature in view.label_free],
        max_iter=20,
        anomaly_trees=10,
    ).fit(matrix, is_fraud(amount) ^ (generator.random(4_000) < 0.02))
    path = folder / "model.skops"
    skops.io.dump(model, path)
    return path


@dataclass
class Bench:
    """One test's warehouse, store and pins, and the steps of a run."""

    db: Db
    store: ObjectStore
    pins: Pins
    job: Job = SCORE_TRANSACTIONS
    chunk_rows: int = shards.CHUNK_ROWS
    max_shards: int = shards.MAX_SHARDS

    def connect(self) -> psycopg.Connection[Any]:
        """Open an autocommit connection as role score."""
        return psycopg.connect(self.db.settings.warehouse.conninfo("score"), autocommit=True)

    def admit(self, rows: Sequence[dict[str, Any]]) -> None:
        """Admit rows as one live delivery."""
        insert_transactions(self.db, rows)

    def claim(self, start: datetime = NOON, length: timedelta = HOUR, **changes: Any) -> record.Run:
        """Claim a window, for the scheduler unless the test says otherwise."""
        values: dict[str, Any] = {"kind": Kind.SCHEDULED, "requested_by": f"scheduled {start}"}
        values |= changes
        values["kind"] = Kind(values["kind"])
        with self.connect() as connection:
            request = Request(start, start + length, **values)
            return lifecycle.claim(
                connection,
                self.job,
                request,
                self.pins,
                chunk_rows=self.chunk_rows,
                max_shards=self.max_shards,
            )

    @property
    def pipeline(self) -> Pipeline:
        """The steps of the job on the warehouse of the test."""
        return Pipeline(self.job, self.db.settings, pins=self.pins)

    def build(self) -> None:
        """Build the features of the admitted rows."""
        self.pipeline.build()

    def score(self, run_id: UUID) -> record.Run:
        """Score a claimed run."""
        return self.pipeline.score(run_id)

    def score_shard(self, run_id: UUID, shard: int) -> record.Run:
        """Score one shard of a claimed run."""
        return self.pipeline.score(run_id, shard)

    def publish(self, run_id: UUID) -> record.Run:
        """Take a scored run through both of its gates, and publish it."""
        self.pipeline.validate_features(run_id)
        self.pipeline.validate_decisions(run_id)
        return self.pipeline.publish(run_id)

    def publish_alone(self, run_id: UUID) -> record.Run:
        """Run the publish step alone, behind verdicts that the test leaves in the audit."""
        with self.connect() as connection:
            let_gates_pass(connection, run_id)
        conninfo = self.db.settings.warehouse.conninfo("score")
        return publish.publish(run_id, conninfo, self.store)

    def decide(self, start: datetime = NOON, **request: Any) -> record.Run:
        """Take one window through its steps; a build costs seconds, an empty run needs none."""
        run = self.claim(start, **request)
        if run.state == "published":
            return run
        if run.rows_claimed:
            self.build()
        self.score(run.run_id)
        return self.publish(run.run_id)

    def decisions(self, columns: str = "transaction_id, decision") -> list[tuple[Any, ...]]:
        """Return the ledger, oldest revision first."""
        return self.db.rows(
            f"select {columns} from decisions.transaction_decisions "
            "order by transaction_id, revision"
        )

    def equations(self) -> Sequence[closure.Equation]:
        """Return what must add up, down to the published files."""
        with self.connect() as connection:
            return closure.equations(connection, SCORE_TRANSACTIONS, store=self.store)

    def versions(self) -> dict[str, int]:
        """Return what became of the row versions, as far as it is not nothing."""
        versions = next(e.terms for e in self.equations() if e.subject.startswith("versions"))
        return {name: count for name, count in versions.items() if count}

    def open_equations(self) -> list[str]:
        """Return what does not add up."""
        return [str(equation) for equation in self.equations() if not equation.holds]

    def moved_features(self) -> list[tuple[Any, ...]]:
        """Return decided rows whose features are not those that they were decided on."""
        digest = feature_digest(TRANSACTIONS).as_string()
        return self.db.rows(
            "select transaction_id, version from decisions.transaction_decisions as decided "
            f"left join (select transaction_id, version, {digest} as digest "
            "from marts.feat_transactions) as features using (transaction_id, version) "
            "where decided.feature_sha256 is distinct from features.digest"
        )

    def assert_closes(self) -> None:
        """Every equation holds, and no decision stands on features that have changed since."""
        assert self.open_equations() == []
        assert self.moved_features() == []


def some_transactions(count: int, **overrides: object) -> list[dict[str, object]]:
    """Return transactions of three customers, a minute apart."""
    return [
        a_transaction(occurred_at=NOON + i * MINUTE, known_at=NOON + HOUR, customer_id=f"c{i % 3}")
        | overrides
        for i in range(count)
    ]


def a_correction() -> dict[str, Any]:
    """Return the next version of transaction t: its amount turns out to be large."""
    return a_transaction(transaction_id="t", version=2, amount_minor=20_000, known_at=NOON + HOUR)


@pytest.fixture
def bench(built: Db, model_file: Path) -> Bench:
    """A warehouse with an approved policy and a model in the store."""
    return a_bench(built, model_file)


def a_bench(built: Db, model_file: Path) -> Bench:
    """Approve the policy in a built warehouse and put the model into its store."""
    store = object_store(built.settings)
    digest = hashlib.sha256(model_file.read_bytes()).hexdigest()
    pin = ModelPin("fraud_transactions", "1", digest, "", "")
    store.put(pin.object_name, model_file)
    score = built.settings.warehouse.conninfo("score")
    with psycopg.connect(score, autocommit=True) as connection:
        policy = activations.activate(
            connection, POLICY, author="ann", approver="ben", reason="test"
        )
    environment = TRANSACTIONS.qualified, code_version.pinned("test"), "0" * 64
    pins = Pins({"fraud": asdict(pin)}, policy.version, policy.sha256, *environment)
    return Bench(built, store, pins)


@pytest.fixture(scope="session")
def credit_model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of loans."""
    from tests.integration.scoring.lender import write_model

    path = tmp_path_factory.mktemp("credit") / "model.skops"
    write_model(path)
    return path


@pytest.fixture
def lender(bench: Bench, credit_model_file: Path) -> Lender:
    """Applications beside payments, and the policy that decides both approved."""
    from tests.integration.scoring.lender import Lender

    digest = hashlib.sha256(credit_model_file.read_bytes()).hexdigest()
    pin = ModelPin("credit_applications", "1", digest, "", "")
    bench.store.put(pin.object_name, credit_model_file)
    with bench.connect() as connection:
        policy = activations.activate(
            connection, "2026.12.1", author="ann", approver="ben", reason="applications"
        )
    pins = replace(
        bench.pins,
        models={"credit": asdict(pin)},
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        feature_view=APPLICATIONS.qualified,
    )
    return Lender(bench.db, bench.store, pins, SCORE_APPLICATIONS)


@pytest.fixture
def landing(migrated: Db, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Deliver a file of transactions under a name; the steps work on this test's warehouse."""
    description = tmp_path / f"{deliveries.SOURCE}.yaml"
    description.write_text(deliveries.DESCRIPTION)
    settings = migrated.settings.model_copy(update={"sources": str(description)})
    monkeypatch.setattr("features.platform.settings.get_settings", lambda: settings)
    content = deliveries.second_window().content

    def deliver(name: str) -> None:
        target = tmp_path / "objects" / deliveries.FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # other bytes each time: the same ones would be a repetition
        target.write_bytes(content + b"\n" * len(list(target.parent.iterdir())))

    return deliver


@pytest.fixture
def at_a_terminal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The environment of a person at a terminal of the warehouse of the test."""
    for name, value in _variables(bench.db.settings).items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    assert get_settings() == bench.db.settings
    yield bench
    get_settings.cache_clear()


def _variables(part: BaseModel, prefix: str = "SCORING_") -> dict[str, str]:
    """Return settings as the environment of a process."""
    variables = {}
    for name, value in part:
        if isinstance(value, BaseModel):
            variables |= _variables(value, f"{prefix}{name.upper()}__")
        elif value is not None:
            shown = value.get_secret_value() if isinstance(value, SecretStr) else value
            is_list = isinstance(shown, tuple)
            variables[prefix + name.upper()] = json.dumps(shown) if is_list else str(shown)
    return variables
