"""Break the shadow of a run: the run is published and stays as it is, and the shadow says why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.connection_faults import closed_port
from tests.faults.flow import Ending
from tests.faults.house import House, Stage
from tests.faults.model_faults import ROWS
from tests.faults.registry_faults import FOLDERS, MODEL, administer, open_registry, register

#: The shadow of the published window, in chunks of a few rows.
_STEPS = ("claim", "shadow")
CHUNK = 120
_SMALL_CHUNKS = {"SCORING_CHUNK_ROWS": str(CHUNK)}
CHALLENGER = "challenger"
_BUDGET = 5.0  # seconds; the model answers for a chunk in much less


def _shadow(trial: Trial, **more: Any) -> Ending:
    """Take the shadow step on the published window; the step itself must never fail."""
    result = trial.record(trial.world.run(_STEPS, environment=_SMALL_CHUNKS, **more))
    trial.expect(
        holds=result.ok or result.error == "Killed", otherwise=f"the shadow failed a task: {result}"
    )
    return result


def _expect_newest(trial: Trial, state: str, rows: int, words: str = "") -> None:
    """Check the newest record of a shadow, and that its ledger holds as many rows."""
    found = trial.world.rows(
        "select state, rows_decided, coalesce(failure, ''), "
        "(select count(*) from decisions.shadow_decisions as decided "
        "where decided.shadow_id = shadow_runs.shadow_id) "
        "from decisions.shadow_runs order by shadow_id desc limit 1"
    )
    seen_state, decided, failure, written = found[0] if found else ("", 0, "no record", 0)
    trial.outcome.seen += f"; {seen_state}, {decided} rows"
    trial.expect(
        holds=(seen_state, decided, written) == (state, rows, rows) and words in failure,
        otherwise=f"expected {state} with {rows} rows and {words!r}, found {found}",
    )


def _shadows(trial: Trial) -> int:
    ((count,),) = trial.world.rows("select count(*) from decisions.shadow_runs")
    return int(count)


def _hurry() -> None:
    """Give every shadow of the process a small budget."""
    from scoring.shadow import run

    run.LEAST_SECONDS = run.MOST_SECONDS = _BUDGET


def _move(trial: Trial, act: Callable[[Any], None], name: str) -> None:
    administer(trial, act, name)


def in_registry(house: House) -> Outcome:
    """Take the challenger of a real registry through every fault of a shadow."""
    with open_trial(house, Stage.PUBLISHED) as trial, open_registry(trial):
        sha256 = house.other_pins["models"]["fraud"]["sha256"]
        other = house.template(Stage.BUILT)[1] / "objects" / "models" / sha256 / "model.skops"
        # without a challenger nothing happens
        register(trial)
        _shadow(trial)
        trial.expect(holds=_shadows(trial) == 0, otherwise="a shadow without a challenger")
        for change, words in FOLDERS.values():
            register(trial, change, other, CHALLENGER)
            _shadow(trial)
            _expect_newest(trial, "failed", 0, words)
        register(trial, file=house.folder / "strange.skops", alias=CHALLENGER)
        _shadow(trial)
        _expect_newest(trial, "failed", 0, "colour_of_shoes")
        _slow_and_killed(trial, other)
        # the alias moves away before the next shadow, and then to the champion's own file
        count = _shadows(trial)
        _move(
            trial,
            lambda client: client.delete_registered_model_alias(MODEL, CHALLENGER),
            "alias-removal",
        )
        _shadow(trial)
        trial.expect(holds=_shadows(trial) == count, otherwise="a shadow of a removed alias")
        _move(
            trial,
            lambda client: client.set_registered_model_alias(MODEL, CHALLENGER, "1"),
            "alias",
        )
        _shadow(trial)
        _expect_newest(trial, "skipped", 0, "has decided this run itself")
        trial.rerun()
    trial.outcome.faults = len(FOLDERS) + 6
    return trial.outcome


def _slow_and_killed(trial: Trial, file: Any) -> None:
    """Stop a shadow at its budget, kill the next attempt, and let a third one finish."""
    register(trial, file=file, alias=CHALLENGER)
    _shadow(trial, before=_hurry, failpoint=f"mid_shadow:sleep:{_BUDGET + 1}")
    _expect_newest(trial, "failed", CHUNK, f"decided {CHUNK} of {ROWS} rows")
    _shadow(trial, failpoint="mid_shadow:kill9")
    _expect_newest(trial, "claimed", CHUNK)
    shutil.rmtree(trial.world.folder / "work" / "models", ignore_errors=True)
    _shadow(trial)
    _expect_newest(trial, "done", ROWS)


def away(house: House) -> Outcome:
    """Shadow a run while the registry is away: the run stands, and the shadow says so."""
    with open_trial(house, Stage.PUBLISHED) as trial:
        address = f"http://127.0.0.1:{closed_port()}"
        trial.world.changes["SCORING_REGISTRY__TRACKING_URI"] = address
        _shadow(trial)
        _expect_newest(trial, "failed", 0, "the model registry")
        trial.rerun()
    return trial.outcome


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    expected = "the run stands, and the shadow says why"
    yield Case("shadow", "evil files, slow, killed, alias moved", expected, in_registry)
    yield Case("shadow", "registry away", expected, away)
