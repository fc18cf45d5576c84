"""Break the file of a model: it is altered, foreign, lost, replaced or of another view."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from hashlib import sha256
from pathlib import Path

from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.flow import WindowRequest
from tests.faults.house import House, Stage
from tests.faults.model_faults import expect_stopped
from tests.faults.processes import Pause


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
        expect_stopped(trial, result)
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
            expect_stopped(trial, result)
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
