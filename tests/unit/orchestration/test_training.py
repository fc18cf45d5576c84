"""The form of a training becomes an order; a training that was asked for and fails is not green."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from airflow.utils.types import DagRunType

from features.platform import settings as configuration
from features.platform.errors import ConfigurationError, TooFewLabelsError
from features.platform.settings import Settings
from orchestration import training
from scoring import domains
from scoring.runs.job import Training
from tests.unit.orchestration.test_run_request import context

if TYPE_CHECKING:
    from scoring.models.training import TrainReceipt


def without_data(*_: object) -> TrainReceipt:
    """Refuse to train."""
    raise TooFewLabelsError("12 frauds")


def of_sources(monkeypatch: pytest.MonkeyPatch, sources: str) -> None:
    """Give the tasks of this process a source set."""
    monkeypatch.setattr(configuration, "get_settings", lambda: Settings(sources=sources))


@pytest.mark.parametrize(
    ("job", "sources", "feed"),
    [
        ("score_applications", "fraud_handbook", "application_labels"),
        ("score_transactions", "lending_club", "transactions"),
    ],
)
def test_a_model_without_delivered_labels_is_skipped(
    job: str, sources: str, feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sources(monkeypatch, sources)

    with pytest.raises(AirflowSkipException, match=f"'{sources}' deliver no {feed}"):
        training.train(job, context())


@pytest.mark.parametrize(
    ("run_type", "error"),
    [
        (DagRunType.SCHEDULED, AirflowSkipException),
        (DagRunType.MANUAL, TooFewLabelsError),
        (DagRunType.BACKFILL_JOB, TooFewLabelsError),
    ],
)
def test_a_training_that_was_asked_for_fails_without_labels_and_a_scheduled_one_is_skipped(
    run_type: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sources(monkeypatch, "fraud_handbook")

    job = SimpleNamespace(training=Training("transactions", without_data))
    # a real training needs a warehouse; its refusal is all that the task sees
    monkeypatch.setattr(domains, "job_named", lambda _: job)

    with pytest.raises(error, match="12 frauds"):
        training.train("score_transactions", context(run_type))


@pytest.mark.parametrize(
    ("form", "error"), [({}, AirflowSkipException), ({"job": "extra"}, TooFewLabelsError)]
)
def test_an_optional_training_without_data_fails_only_where_a_person_names_the_job(
    form: dict[str, str], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sources(monkeypatch, "fraud_handbook")

    job = SimpleNamespace(training=Training("transactions", without_data, is_optional=True))
    # as above; the form takes the names of the list alone
    monkeypatch.setattr(domains, "job_named", lambda _: job)
    monkeypatch.setattr(training, "JOBS", {"extra": job})

    with pytest.raises(error, match="12 frauds"):
        training.train("extra", context(DagRunType.MANUAL, **form))


def test_a_job_that_the_form_does_not_name_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="names another job"):
        training.train("score_transactions", context(job="score_applications"))


def test_a_job_that_the_form_leaves_out_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="leaves this job out"):
        training.train("score_transactions", context(skip=["score_transactions"]))


@pytest.mark.parametrize("skip", [["plan_stock"], "score_transactions", {"a": 1}, 7, [["a"]]])
def test_only_jobs_with_a_model_are_left_out(skip: Any) -> None:
    with pytest.raises(ConfigurationError, match="skip is no list of jobs with a model"):
        training.order(context(skip=skip))


def test_only_a_backfill_has_a_moment_of_its_own() -> None:
    run = context()["dag_run"]

    assert training.order(context()).as_of is None
    assert training.order(context(DagRunType.SCHEDULED)).as_of is None  # not a past Sunday
    assert training.order(context(DagRunType.BACKFILL_JOB)).as_of == run.run_after


def test_the_trainer_is_the_person_who_triggered_the_run() -> None:
    asked = context()
    asked["dag_run"].triggering_user_name = "ann"
    planned = context(DagRunType.SCHEDULED)
    planned["dag_run"].triggering_user_name = "ann"

    assert training.order(asked).trainer == "ann"
    assert training.order(planned).is_scheduled
    assert training.order(context()).is_scheduled  # Airflow names nobody


def test_the_form_names_moment_period_and_columns() -> None:
    order = training.order(
        context(
            as_of="2026-11-20T02:00+02:00",
            start="2026-08-01T00:00Z",
            end="2026-11-01T00:00Z",
            keep=["fico_low"],
        )
    )

    assert order.as_of == datetime(2026, 11, 20, tzinfo=UTC)
    assert (order.start, order.end) == (
        datetime(2026, 8, 1, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert order.keep == ("fico_low",)


@pytest.mark.parametrize("field", ["as_of", "start", "end"])
@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        ("2026-11-20T00:00", "without a zone"),
        ("2031-01-01T00:00Z", "in the future"),
        ("1999-12-31T00:00Z", "before 2000-01-01"),
        ("yesterday", "no time"),
        ("", "no time"),
        (1764000000, "no time"),
        ("9999-12-31T23:59:59-10:00", "no time of the calendar"),
    ],
)
def test_a_moment_that_is_not_in_the_past_is_refused(
    field: str, moment: object, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{field} .*{reason}"):
        training.order(context(**{field: moment}))


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"start": "2026-11-01T00:00Z", "end": "2026-10-01T00:00Z"}, "period is empty"),
        ({"as_of": "2026-09-01T00:00Z", "end": "2026-10-01T00:00Z"}, "lies after as_of"),
        ({"keep": ["amount"], "drop": ["amount"]}, "kept or dropped, not both"),
        ({"keep": "amount"}, "keep is no list"),
        ({"drop": []}, "drop is no list"),
        ({"drop": [7]}, "drop, item 1"),
        ({"job": "score_everything"}, "job is none of score_transactions"),
    ],
)
def test_fields_that_make_no_sense_are_refused(form: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        training.order(context(**form))
