"""What a training task does where there is nothing to learn from: it is skipped, and says why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from features.platform import settings as configuration
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from orchestration import training
from tests.unit.orchestration.test_requests import context

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("job", "sources", "feed"),
    [
        ("score_applications", "fraud_handbook", "application_labels"),
        ("score_transactions", "lending_club", "transactions"),
    ],
)
def test_what_the_sources_do_not_deliver_is_skipped(
    job: str, sources: str, feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a task takes no settings: the real ones are read once per process, for one source
    monkeypatch.setattr(configuration, "get_settings", lambda: Settings(sources=sources))

    with pytest.raises(AirflowSkipException, match=f"'{sources}' deliver no {feed}"):
        training.train(job, NOW)


def test_what_is_known_at_the_run_is_trained_on_unless_the_form_says_otherwise() -> None:
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
def test_a_moment_that_is_none_of_the_past_is_refused(moment: object, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        training.as_of(context(as_of=moment))
