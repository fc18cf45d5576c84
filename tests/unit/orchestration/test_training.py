"""A training task without data to learn from is skipped with its reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from features.platform import settings as configuration
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from orchestration import training
from tests.unit.orchestration.test_run_request import context

NOW = datetime(2026, 11, 21, tzinfo=UTC)


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
    # a task takes no settings: the process reads the real ones once, for one source
    monkeypatch.setattr(configuration, "get_settings", lambda: Settings(sources=sources))

    with pytest.raises(AirflowSkipException, match=f"'{sources}' deliver no {feed}"):
        training.train(job, NOW)


def test_training_uses_the_labels_known_at_the_run_unless_the_form_names_a_moment() -> None:
    run = context()["dag_run"]

    assert training.as_of(context()) == run.run_after
    assert training.as_of(context(as_of="2026-11-20T02:00+02:00")) == datetime(
        2026, 11, 20, tzinfo=UTC
    )


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
def test_a_moment_that_is_not_in_the_past_is_refused(moment: object, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        training.as_of(context(as_of=moment))
