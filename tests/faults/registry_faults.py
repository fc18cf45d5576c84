"""Break the registry: a claim waits as the policy requires, and writes no run."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.connection_faults import closed_port, swallow
from tests.faults.flow import WindowRequest
from tests.faults.house import House, Stage
from tests.faults.processes import Pause, Process
from tests.mlflow_server import mlflow_server

MODEL = "fraud_transactions"
#: A claim without an answer ends within a minute: two tries of two seconds here.
CLAIM_SECONDS = 60.0
THROUGH_REGISTRY = WindowRequest(registry=True)


def _answering(answer: bytes) -> Callable[[socket.socket], None]:
    """Return a server that gives every client the same bytes."""

    def serve(listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(65_536)
                client.sendall(answer)

    return serve


_ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_NONSENSE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<x>?"
SERVERS: dict[str, Callable[[socket.socket], None] | None] = {
    "closed port": None,
    "accepts and never answers": swallow,
    "answers 500": _answering(_ERROR),
    "answers nonsense": _answering(_NONSENSE),
    "hangs up": _answering(b""),
}


def away(house: House, server: Callable[[socket.socket], None] | None) -> Outcome:
    """Claim during a failure of the registry, then with a known champion."""
    with open_trial(house, Stage.BUILT) as trial:
        if server is None:
            port = closed_port()
        else:
            listener = socket.create_server(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            trial.world.spawn(partial(server, listener), "registry")
        trial.world.changes["SCORING_REGISTRY__TRACKING_URI"] = f"http://127.0.0.1:{port}"
        _refused(trial)
        trial.rerun()
    return trial.outcome


def _refused(trial: Trial, words: str = "") -> None:
    result = trial.record(trial.world.run(Stage.BUILT.rest, THROUGH_REGISTRY))
    trial.expect(
        holds=result.error == "ModelUnavailableError" and words in result.message,
        otherwise=f"the claim did not report a missing model: {result}",
    )
    trial.expect(holds=result.seconds < CLAIM_SECONDS, otherwise=f"it took {result.seconds:.0f} s")
    claimed = trial.world.rows("select count(*) from decisions.runs where state <> 'published'")
    trial.expect(holds=claimed == [(0,)], otherwise="a run was claimed without a model")


# ---------------------------------------------------------------- a real MLflow


@contextmanager
def open_registry(trial: Trial) -> Iterator[Path]:
    """Run a real registry with a registered champion, version 1 of the house's models."""
    folder = trial.world.folder / "mlflow"
    with mlflow_server(folder) as address:
        trial.world.changes["SCORING_REGISTRY__TRACKING_URI"] = address
        trial.world.changes["SCORING_REGISTRY__TIMEOUT_SECONDS"] = "10"
        yield folder


def register(
    trial: Trial,
    change: Callable[[Path], None] | None = None,
    file: Path | None = None,
    alias: str = "champion",
) -> None:
    """Register a model file as a folder that MLflow would write, in a child.

    Args:
        trial: the world and its registry.
        change: breaks the folder after the digest was taken.
        file: the model; by default, the house's first one.
        alias: of the new version.
    """
    sha256 = trial.house.pins["models"]["fraud"]["sha256"]
    models = trial.house.template(Stage.BUILT)[1] / "objects" / "models"
    file = file or models / sha256 / "model.skops"

    def work() -> None:
        import mlflow
        import yaml
        from mlflow import MlflowClient

        from features.platform.settings import get_settings
        from scoring.models import model_files, registry

        address = get_settings().registry.tracking_uri
        folder = trial.world.folder / f"model-{len(trial.world.processes)}"
        folder.mkdir()
        shutil.copyfile(file, folder / "model.skops")
        sklearn = {"pickled_model": "model.skops", "serialization_format": "skops", "code": None}
        pyfunc = {"loader_module": "mlflow.sklearn", "model_path": "model.skops"}
        flavors = {"flavors": {"python_function": pyfunc, "sklearn": sklearn}}
        (folder / "MLmodel").write_text(yaml.safe_dump(flavors))
        digest = model_files.digest_of(folder / "model.skops")
        if change:
            change(folder)
        mlflow.set_tracking_uri(address)
        mlflow.set_experiment(MODEL)
        with mlflow.start_run() as run:
            mlflow.log_artifacts(str(folder), "model")
        client = MlflowClient(address)
        registry._ensure_model(client, MODEL)
        version = client.create_model_version(
            MODEL, f"{run.info.artifact_uri}/model", run.info.run_id, {registry.DIGEST_TAG: digest}
        )
        client.set_registered_model_alias(MODEL, alias, version.version)

    registering = trial.world.spawn(work, f"register-{len(trial.world.processes)}")
    if registering.wait() != 0:
        raise RuntimeError("the model could not be registered")
    # the copy of an earlier claim would be used without a request for the file
    shutil.rmtree(trial.world.objects / "models", ignore_errors=True)


def administer(trial: Trial, act: Callable[[object], None], name: str) -> None:
    def work() -> None:
        from mlflow import MlflowClient

        from features.platform.settings import get_settings

        act(MlflowClient(get_settings().registry.tracking_uri))

    process: Process = trial.world.spawn(work, name)
    trial.expect(holds=process.wait() == 0, otherwise=f"{name} failed")


def _code(folder: Path) -> None:
    (folder / "code").mkdir()
    (folder / "code" / "intruder.py").write_text("raise SystemExit('code ran')\n")


def _loader(folder: Path) -> None:
    text = (folder / "MLmodel").read_text()
    (folder / "MLmodel").write_text(text.replace("mlflow.sklearn", "os"))


def _pickle(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(b"cos\nsystem\n(S'touch code-ran'\ntR.")


def _flip(folder: Path) -> None:
    content = bytearray((folder / "model.skops").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.skops").write_bytes(content)


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a code folder": (_code, "its folder holds"),
    "a loader_module": (_loader, "loader_module"),
    "a pickle beside it": (_pickle, "its folder holds"),
    "a flipped byte": (_flip, "was altered"),
}


def in_registry(house: House) -> Outcome:
    """Take one real registry through every fault of its content."""
    with open_trial(house, Stage.BUILT) as trial, open_registry(trial):
        _refused(trial, "alias 'champion'")
        for change, words in FOLDERS.values():
            register(trial, change)
            _refused(trial, words)
        register(trial)
        administer(
            trial,
            lambda client: client.delete_registered_model_alias(MODEL, "champion"),  # type: ignore[attr-defined]
            "alias-removal",
        )
        _refused(trial, "alias 'champion'")
        last = str(len(FOLDERS) + 1)
        administer(
            trial,
            lambda client: client.set_registered_model_alias(MODEL, "champion", last),  # type: ignore[attr-defined]
            "alias",
        )
        # a healthy claim, and the alias moves during the run
        pause = Pause()
        attempt = trial.world.start(
            Stage.BUILT.rest, THROUGH_REGISTRY, at={"mid_predict@1": pause.here}
        )
        trial.expect(holds=attempt.process.wait_at(pause), otherwise="the place was not reached")
        administer(
            trial,
            lambda client: client.set_registered_model_alias(MODEL, "champion", "1"),  # type: ignore[attr-defined]
            "promotion",
        )
        pause.release()
        result = trial.record(attempt.end())
        pause.close()
        trial.expect(holds=result.ok, otherwise=f"the run failed: {result}")
        trial.same_decisions = False  # each decision carries the version's number
        trial.rerun()
        versions = trial.world.rows(
            "select distinct model_version from decisions.transaction_decisions "
            "inner join decisions.runs using (run_id) where window_start = "
            "(select max(window_start) from decisions.runs)"
        )
        trial.expect(holds=versions == [(last,)], otherwise=f"models {versions} in one run")
    trial.outcome.faults = len(FOLDERS) + 3
    return trial.outcome


def dies(house: House) -> Outcome:
    """Kill the registry after the claim: the run has its copy and makes no request."""
    with open_trial(house, Stage.BUILT, same_decisions=False) as trial:
        with open_registry(trial):
            register(trial)
            result = trial.record(trial.world.run(("claim",), THROUGH_REGISTRY))
            trial.expect(holds=result.ok, otherwise=f"the claim failed: {result}")
        trial.rerun()
    return trial.outcome


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for place, server in SERVERS.items():
        expected = "the claim says so within a minute and writes nothing"
        yield Case("registry", place, expected, partial(away, server=server))
    expected = "refused by name; the run keeps its version"
    yield Case("registry", "no alias, code, pickle, bytes, promotion", expected, in_registry)
    yield Case("registry", "killed after the claim", "no further request to it", dies)
