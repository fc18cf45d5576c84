"""Break models and model files: models fail, hang or return invalid scores; files are foreign."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.flow import Ending, WindowRequest
from tests.faults.house import House, Stage
from tests.faults.processes import Pause


def _spoil(change: Callable[[Any, Any], Any]) -> Callable[[], None]:
    """Return an act of the process that passes the loaded model's answers through `change`."""

    def before() -> None:
        from scoring.fraud.model import FraudModel

        score = FraudModel.score

        def spoilt(self: FraudModel, matrix: Any) -> Any:
            return change(score(self, matrix), matrix)

        FraudModel.score = spoilt  # type: ignore[method-assign,assignment]

    return before


def _raise(answer: Any, matrix: Any) -> Any:
    raise ValueError("row-value-5e1f: a model may quote its inputs")


def _hang(answer: Any, matrix: Any) -> Any:
    import time

    time.sleep(600)


def _filled(value: float) -> Callable[[Any, Any], Any]:
    def change(answer: Any, matrix: Any) -> Any:
        import dataclasses

        import numpy as np

        spoilt = np.array(answer.fraud_probability)
        spoilt[::3] = value
        return dataclasses.replace(answer, fraud_probability=spoilt)

    return change


def _cut(answer: Any, matrix: Any) -> Any:
    import dataclasses

    return dataclasses.replace(answer, fraud_probability=answer.fraud_probability[:-1])


def _text(answer: Any, matrix: Any) -> Any:
    import dataclasses

    import numpy as np

    return dataclasses.replace(answer, fraud_probability=np.full(len(matrix), "high"))


def _nothing(answer: Any, matrix: Any) -> Any:
    return None


ROWS = 305  # of the second window
#: Answers that are invalid for a third of the rows.
PARTLY_WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "returns NaN": _filled(float("nan")),
    "returns infinity": _filled(float("inf")),
    "returns 1.2": _filled(1.2),
    "returns -0.1": _filled(-0.1),
}
#: Answers that are invalid for every row.
WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "raises": _raise,
    "hangs": _hang,
    "returns a row too few": _cut,
    "returns text": _text,
    "returns nothing": _nothing,
}
_IMPATIENT = {"SCORING_MODEL_TIMEOUT_SECONDS": "1"}


def spoil_some(house: House, change: Callable[[Any, Any], Any]) -> Outcome:
    """Spoil a third of the model's answers: these rows are degraded, and none is approved."""
    with open_trial(house, Stage.BUILT, same_decisions=False) as trial:
        result = trial.record(
            trial.world.run(Stage.BUILT.rest, before=_spoil(change), environment=_IMPATIENT)
        )
        trial.expect(holds=result.ok, otherwise=f"the run failed: {result}")
        _expect_degraded(trial)
        trial.rerun()
    return trial.outcome


def spoil_all(house: House, change: Callable[[Any, Any], Any]) -> Outcome:
    """Spoil every answer of the model: the gate stops the run, and the healthy model decides."""
    with open_trial(house, Stage.BUILT) as trial:
        result = trial.record(
            trial.world.run(Stage.BUILT.rest, before=_spoil(change), environment=_IMPATIENT)
        )
        _expect_stopped(trial, result)
        trial.rerun()
    return trial.outcome


def _expect_stopped(trial: Trial, result: Ending) -> None:
    """Check that the gate of decisions stops a run without scores, and fail the run as the DAG."""
    trial.expect(
        holds=result.step == "validate_decisions" and result.error == "GateFailedError",
        otherwise=f"the gate did not stop a run without scores: {result}",
    )
    (table,) = trial.world.rows(
        "select oid::regclass::text from pg_class "
        "where relkind = 'r' and relnamespace = 'scored'::regnamespace and relname ^@ 'decisions_'"
    )
    counts = trial.world.rows(
        f"select count(*) filter (where is_degraded), count(*) filter (where decision = 'approve') "
        f"from {table[0]}"
    )
    trial.outcome.seen += f"; {counts[0][0]} rows degraded"
    trial.expect(holds=counts == [(ROWS, 0)], otherwise=f"degraded and approved: {counts}")
    trial.give_up("the model is broken")


def _expect_degraded(trial: Trial, least: int = 50) -> None:
    rows = trial.world.rows(
        "select count(*) filter (where is_degraded), "
        "count(*) filter (where is_degraded and decision = 'approve') "
        "from decisions.transaction_decisions inner join decisions.runs using (run_id) "
        "where runs.window_start = (select max(window_start) from decisions.runs)"
    )
    degraded, approved = rows[0]
    trial.outcome.seen += f"; {degraded} rows degraded"
    trial.expect(holds=degraded >= least, otherwise=f"only {degraded} rows are degraded")
    trial.expect(holds=approved == 0, otherwise=f"{approved} degraded rows are approved")


# ---------------------------------------------------------------- the file in the object store


def _flipped(content: bytes, marker: Path) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


class _Exploit:
    """A pickle that leaves a file behind when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def _pickled(content: bytes, marker: Path) -> bytes:
    return pickle.dumps(_Exploit(marker))


def _foreign(content: bytes, marker: Path) -> bytes:
    import skops.io

    return bytes(skops.io.dumps(_Exploit(marker)))


def _another_class(content: bytes, marker: Path) -> bytes:
    import skops.io
    from sklearn.tree import DecisionTreeClassifier

    return bytes(skops.io.dumps(DecisionTreeClassifier()))


def _bomb(content: bytes, marker: Path) -> bytes:
    path = marker.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("schema.json", b" " * (32 << 20))
    return path.read_bytes()


FILES: dict[str, tuple[Callable[[bytes, Path], bytes], bool]] = {
    # name: the new content of the file, and whether the pin's digest is changed to match it
    "a flipped byte": (_flipped, False),
    "cut short": (lambda content, _: content[: len(content) // 2], False),
    "empty": (lambda content, _: b"", False),
    "a pickle": (_pickled, False),
    "a pickle with the right digest": (_pickled, True),
    "a foreign type with the right digest": (_foreign, True),
    "another model with the right digest": (_another_class, True),
    "no skops file, with the right digest": (_bomb, True),
}


def swap(house: House, make: Callable[[bytes, Path], bytes], fits: bool) -> Outcome:
    """Replace the model file: it is never loaded, and the gate stops the run without scores."""
    with open_trial(house, Stage.BUILT) as trial:
        pins = deepcopy(house.pins)
        pin = pins["models"]["fraud"]
        path = trial.world.objects / "models" / pin["sha256"] / "model.skops"
        marker = trial.world.folder / "code-ran"
        healthy = path.read_bytes()
        content = make(healthy, marker)
        if fits:
            pin["sha256"] = sha256(content).hexdigest()
            path = trial.world.objects / "models" / pin["sha256"] / "model.skops"
            path.parent.mkdir()
        path.write_bytes(content)
        # the file is fetched again, as on a fresh worker
        for cached in (trial.world.folder / "work" / "models").glob("*.skops"):
            cached.unlink()
        result = trial.record(trial.world.run(Stage.BUILT.rest, WindowRequest(pins=pins)))
        trial.expect(holds=not marker.exists(), otherwise="code of the file ran")
        _expect_stopped(trial, result)
        if not fits:
            path.write_bytes(healthy)
        trial.rerun()
    return trial.outcome


def lose(house: House, loss: str) -> Outcome:
    """Remove the model file: without a cached copy the gate stops the run until it is restored."""
    with open_trial(house, Stage.BUILT) as trial:
        files = (trial.world.objects / "models").rglob("*.skops")
        kept = {path: path.read_bytes() for path in files}
        cache = trial.world.folder / "work" / "models"
        for cached in list(cache.glob("*.skops")):
            if loss == "from the store":
                cached.unlink()
            elif loss == "altered in the cache":
                cached.write_bytes(_flipped(cached.read_bytes(), cached))
        if loss != "altered in the cache":
            for path in kept:
                path.unlink()
        result = trial.record(trial.world.run(Stage.BUILT.rest))
        if loss == "from the store":
            _expect_stopped(trial, result)
            for path, content in kept.items():
                path.write_bytes(content)
        else:
            trial.expect(holds=result.ok, otherwise=f"the run failed: {result}")
        trial.rerun()
    return trial.outcome


def promote(house: House, place: str) -> Outcome:
    """Move the champion during a run: the run keeps its pinned model."""
    promoted = WindowRequest(pins=house.other_pins)
    with open_trial(house, Stage.BUILT) as trial:
        pause = Pause()
        attempt = trial.world.start(Stage.BUILT.rest, at={place: pause.here})
        trial.expect(holds=attempt.process.wait_at(pause), otherwise="the place was not reached")
        trial.record(trial.world.run(("claim",), promoted))
        pause.release()
        result = trial.record(attempt.end())
        pause.close()
        trial.expect(holds=result.ok, otherwise=f"the run failed: {result}")
        trial.rerun(promoted)
        versions = trial.world.rows(
            "select distinct model_version from decisions.transaction_decisions"
        )
        trial.expect(holds=versions == [("1",)], otherwise=f"models {versions} in one run")
    return trial.outcome


def mismatch(house: House) -> Outcome:
    """Pin a model with a feature that the view does not have."""
    with open_trial(house, Stage.BUILT) as trial:
        content = (house.folder / "strange.skops").read_bytes()
        pins = deepcopy(house.pins)
        pins["models"]["fraud"] |= {"sha256": sha256(content).hexdigest(), "version": "3"}
        path = trial.world.objects / "models" / pins["models"]["fraud"]["sha256"]
        path.mkdir()
        (path / "model.skops").write_bytes(content)
        result = trial.record(trial.world.run(Stage.BUILT.rest, WindowRequest(pins=pins)))
        trial.expect(
            holds=result.error == "ContractError" and "colour_of_shoes" in result.message,
            otherwise=f"it was not refused by name: {result}",
        )
        trial.give_up("the model was rolled back")
        trial.rerun()
    return trial.outcome


PROMOTED = ("after_claim", "after_model_load", "mid_predict@1", "mid_predict@2", "mid_copy@3")


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for place, change in PARTLY_WRONG.items():
        expected = "its rows are degraded, none of them approved"
        yield Case("model", place, expected, partial(spoil_some, change=change))
    for place, change in WRONG.items():
        expected = "stopped by the gate; the healthy model decides"
        yield Case("model", place, expected, partial(spoil_all, change=change))
    for place, (make, fits) in FILES.items():
        expected = "never loaded; stopped by the gate"
        yield Case("model file", place, expected, partial(swap, make=make, fits=fits))
    for loss in ("from the store", "from the store, cached", "altered in the cache"):
        expected = "stopped by the gate" if loss == "from the store" else "the same decisions"
        yield Case("model file lost", loss, expected, partial(lose, loss=loss))
    for place in PROMOTED:
        expected = "one model decides the run"
        yield Case("promotion", place, expected, partial(promote, place=place))
    yield Case("model signature", "an unknown feature", "refused, and named", mismatch)
