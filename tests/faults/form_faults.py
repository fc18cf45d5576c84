"""The first task of a run refuses hostile forms in words, and writes no row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.deliveries import HOUR, SECOND
from tests.faults.house import House, Stage

_RESTATEMENT = {"restate_ids": ["w2-1"], "reason": "wrong amount", "person": "ann"}
_WINDOW = {"start": "2026-11-21T05:00:00Z", "end": "2026-11-21T06:00:00Z"}
FORMS: dict[str, dict[str, Any]] = {
    "a misspelt field": {"strat": "2026-11-21T05:00:00Z"},
    "a field in capitals": {"Start": "2026-11-21T05:00:00Z"},
    "a week for a time": {**_WINDOW, "start": "2026-W46"},
    "a time at the end of the calendar": {**_WINDOW, "start": "9999-12-31T23:59:59-10:00"},
    "an empty time": {**_WINDOW, "end": ""},
    "an id that is true": {**_RESTATEMENT, "restate_ids": [True]},
    "an id that cannot be seen": {**_RESTATEMENT, "restate_ids": ["\u200b"]},
    "an id with NUL": {**_RESTATEMENT, "restate_ids": ["w2-1\0"]},
    "no ids at all": {"restate_ids": []},
    "half a character for a reason": {**_RESTATEMENT, "reason": "\ud800"},
    "a person of blanks": {**_RESTATEMENT, "person": "\u00a0 "},
}


def fill_in(house: House, form: Mapping[str, Any]) -> Outcome:
    """Treat a form as the first task does."""
    with open_trial(house, Stage.PUBLISHED, watched=False) as trial:
        counts = (
            "select (select count(*) from decisions.runs), (select count(*) from raw.deliveries)"
        )
        before = trial.world.rows(counts)

        def first_task() -> None:
            from features.platform.errors import ConfigurationError
            from orchestration import forms, run_request

            run = SimpleNamespace(
                run_after=SECOND + 2 * HOUR, run_type="manual", run_id="manual__1", conf=form
            )
            dag = SimpleNamespace(params=run_request.FORM)
            try:
                forms.refuse_unknown_fields({"dag_run": run, "dag": dag})
                run_request.request({"params": form, "dag_run": run}, HOUR)
            except ConfigurationError:
                return
            raise AssertionError("the form was taken")

        is_refused = trial.world.spawn(first_task, "form").wait() == 0
        trial.outcome.seen = "ConfigurationError" if is_refused else "taken, or another error"
        trial.expect(holds=is_refused, otherwise="the form was not refused in words")
        trial.expect(
            holds=trial.world.rows(counts) == before, otherwise="a refused form left something"
        )
        trial.rerun()
    return trial.outcome


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for place, form in FORMS.items():
        run = partial(fill_in, form=form)
        yield Case("hostile form", place, "refused in words, nothing written", run)
