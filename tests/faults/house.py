"""One cluster, one warehouse taken through its stages once, and a copy of a stage for every fault.

A build costs seconds and a copy milliseconds: a fault that lies behind the build starts from a
stage where it is done.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from infra.local.postgres import Cluster
from infra.postgres import warehouse as bootstrap
from tests.faults import deliveries, flow
from tests.faults.flow import WindowRequest
from tests.faults.world import World, drop

if TYPE_CHECKING:
    from tests.faults.invariants import Expected

POLICY = "2026.11.1"
SETTINGS = {
    "fsync": "off",  # faults here end processes, never the machine
    "full_page_writes": "off",
    "shared_buffers": "'128MB'",
    "autovacuum": "off",
    # what fails is logged with its statement: no value may stand in it
    "log_min_error_statement": "error",
}


class Stage(StrEnum):
    """How far the second window has come in a template."""

    WAITING = "waiting"  # its file lies in the landing folder
    BUILT = "built"  # admitted, features built
    VALIDATED = "validated"
    PUBLISHED = "published"

    @property
    def rest(self) -> tuple[str, ...]:
        """The steps that a plain re-run takes from here; each is repeated but the build."""
        if self is Stage.WAITING:
            return flow.STEPS
        return tuple(step for step in flow.STEPS if step != "build")


_BEFORE = {
    Stage.BUILT: ("ingest", "validate_raw", "admit", "build"),
    Stage.VALIDATED: ("claim", "validate_features", "score", "validate_decisions"),
    Stage.PUBLISHED: ("claim", "publish"),
}


@dataclass
class House:
    """The cluster, the templates, and what every case shares."""

    folder: Path
    cluster: Cluster
    passwords: dict[str, str]
    description: Path
    pins: dict[str, Any] = field(default_factory=dict)
    other_pins: dict[str, Any] = field(default_factory=dict)
    reference: dict[str, Any] = field(default_factory=dict)
    made: set[Stage] = field(default_factory=set)
    request: WindowRequest = field(default_factory=WindowRequest)

    def expected(self) -> Expected:
        """Return the rows that the ledger must hold after the pending window."""
        from tests.faults import invariants

        return invariants.usual()

    def name_of(self, stage: Stage) -> str:
        """Return the name of the database of a stage."""
        return f"template_{stage}"

    def template(self, stage: Stage) -> tuple[str, Path]:
        """Return the database and the folder of a stage; made once, from the stage before."""
        name, folder = self.name_of(stage), self.folder / "stages" / stage
        if stage not in self.made:
            if stage is Stage.WAITING:
                self._make_waiting(name, folder)
            else:
                stages = list(Stage)
                before, before_folder = self.template(stages[stages.index(stage) - 1])
                bootstrap.create_database(self.cluster.conninfo(), name, "owner", before)
                shutil.copytree(before_folder, folder, ignore=shutil.ignore_patterns("*.log"))
                ending = World(self, name, folder).run(_BEFORE[stage])
                if not ending.ok:
                    raise RuntimeError(f"the stage {stage} could not be made: {ending}")
            self.made.add(stage)
        return name, folder

    @contextmanager
    def world(self, stage: Stage) -> Iterator[World]:
        """Give a copy of a stage, and remove it afterwards."""
        template, source = self.template(stage)
        # one name for all: dbt parses everything anew where the database has another one
        name = "case"
        drop(self.cluster, name)
        bootstrap.create_database(self.cluster.conninfo(), name, "owner", template)
        folder = self.folder / f"case-{uuid.uuid4().hex[:12]}"
        (folder / "work").mkdir(parents=True)
        shutil.copytree(source / "objects", folder / "objects")
        # what dbt has parsed and what was loaded of the models: every process finds them there
        shutil.copytree(source / "work", folder / "work", dirs_exist_ok=True)
        parsed, kept = folder / "work" / "dbt" / "partial_parse.msgpack", self.folder / "parsed"
        if kept.exists():
            shutil.copyfile(kept, parsed)
        world = World(self, name, folder)
        try:
            yield world
        finally:
            if parsed.exists():
                shutil.copyfile(parsed, kept)
            world.close()

    def _make_waiting(self, name: str, folder: Path) -> None:
        """Install, load history, publish the first window, deliver the second."""
        bootstrap.create_database(self.cluster.conninfo(), name, "owner")
        bootstrap.migrate(self.cluster.conninfo(name))
        folder.mkdir(parents=True)
        world = World(self, name, folder)
        self._train(world)
        landing = world.objects / deliveries.FOLDER
        first = deliveries.first_window()
        world.deliver("history.csv", deliveries.history(), f"{deliveries.FOLDER}/history")
        for work in (_install, lambda: None):
            if world.spawn(work, "install").wait() != 0:
                raise RuntimeError(f"the warehouse could not be installed, see {folder}")
        world.deliver(first.name, first.content)
        ending = world.run(flow.STEPS, WindowRequest(deliveries.FIRST, deliveries.SECOND))
        if not ending.ok:
            raise RuntimeError(f"the first window could not be published: {ending}")
        second = deliveries.second_window()
        (landing / second.name).write_bytes(second.content)
        world.deliver("labels.csv", deliveries.labels(), deliveries.LABELS_FOLDER)

    def _train(self, world: World) -> None:
        """Fit two small models in a child, as the parent must never compute."""
        paths = [world.folder / f"{version}.skops" for version in ("1", "2")]

        def work() -> None:
            for seed, path in enumerate(paths, start=7):
                _fit(seed, path)
            _fit(9, self.folder / "strange.skops", instead_of_amount="colour_of_shoes")

        if world.spawn(work, "train").wait() != 0:
            raise RuntimeError(f"the models could not be trained, see {world.folder}")
        found = [self._pins_of(world, path) for path in paths]
        self.pins, self.other_pins = found

    def _pins_of(self, world: World, path: Path) -> dict[str, Any]:
        from features.views import TRANSACTIONS

        pin = stored(world, path, "fraud_transactions", path.stem)
        return pins({"fraud": pin}, TRANSACTIONS.qualified)


def stored(world: World, path: Path, name: str, version: str) -> dict[str, str]:
    """Move a model file into the store of a world; return its pin."""
    from scoring.runs.pins import ModelPin

    pin = ModelPin(name, version, hashlib.sha256(path.read_bytes()).hexdigest(), "", "")
    target = world.objects / pin.object_name
    target.parent.mkdir(parents=True)
    path.rename(target)
    return asdict(pin)


def pins(models: dict[str, Any], view: str, policy_version: str = POLICY) -> dict[str, Any]:
    """Return the pins of a run: models by role, a qualified view, and a policy."""
    from features.platform import code_version
    from scoring.decision.policy import policy
    from scoring.runs.pins import Pins

    pinned = policy.load(policy_version)
    code = code_version.pinned("faults")
    return asdict(Pins(models, pinned.version, pinned.sha256, view, code, "0" * 64))


def _install() -> None:
    """Build the empty warehouse, take the history in and put the policy in force; in a child."""
    from features.build import install
    from features.platform.settings import get_settings
    from features.sources import descriptions
    from scoring.decision.policy import activations
    from scoring.domains import SCORE_TRANSACTIONS
    from scoring.steps.pipeline import Pipeline

    settings = get_settings()
    described = descriptions.load(settings.sources)
    install(settings.warehouse, settings.work, described.dbt_variables("USD"))
    pipeline = Pipeline(SCORE_TRANSACTIONS, settings)
    pipeline.admit(pipeline.validate_raw(pipeline.ingest()))
    pipeline.build()
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        activations.activate(connection, POLICY, author="ann", approver="ben", reason="faults")


def _fit(seed: int, path: Path, instead_of_amount: str = "") -> None:
    """Fit a small model: large amounts are fraud."""
    import numpy as np
    import skops.io

    from features.views import TRANSACTIONS
    from scoring.fraud.model import FraudModel

    generator = np.random.default_rng(seed)
    columns = list(TRANSACTIONS.columns)
    matrix = generator.gamma(2.0, 1.0, (3_000, len(columns)))
    amount = matrix[:, columns.index("amount")]
    amount *= 10
    is_fraud = (amount > 60) ^ (generator.random(3_000) < 0.02)
    label_free = [feature.name for feature in TRANSACTIONS.label_free]
    if instead_of_amount:
        columns = [instead_of_amount if name == "amount" else name for name in columns]
        label_free = [name for name in label_free if name in columns]
    model = FraudModel(columns, label_free, max_iter=20, anomaly_trees=10)
    model.fit(matrix, is_fraud)
    skops.io.dump(model, path)


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Start a cluster of its own in a folder; end and remove it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    cluster = Cluster(folder / "postgres", port, f"canary-{secrets.token_hex(12)}")
    cluster.create(SETTINGS)
    cluster.start()
    try:
        passwords = {role: f"canary-{secrets.token_hex(12)}" for role in bootstrap.LOGIN_ROLES}
        bootstrap.create_roles(cluster.conninfo(), passwords)
        description = folder / f"{deliveries.SOURCE}.yaml"
        description.write_text(deliveries.DESCRIPTION)
        yield House(folder, cluster, passwords, description)
    finally:
        cluster.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
