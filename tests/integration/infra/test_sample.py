"""The sample of a stack says which files are due and which windows are over."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local import deliver
from infra.local.sample import Sample, prepare
from infra.local.state import State


def test_files_are_delivered_when_their_hour_is_over(tmp_path: Path) -> None:
    outbox, objects = tmp_path / "outbox", tmp_path / "objects"
    now = datetime(2026, 11, 21, 10, tzinfo=UTC)
    folder = outbox / "landing" / "synthetic" / "transactions"
    (folder / "history").mkdir(parents=True)
    for place, start in ((folder / "history", now - timedelta(days=1)), (folder, now)):
        for hour in range(2):
            name = deliver.file_name(
                "transactions",
                start + timedelta(hours=hour),
                start + timedelta(hours=hour + 1),
                "csv",
            )
            (place / name).write_text(name)

    history = deliver.deliver_due(outbox, objects, now, is_history=True)
    early = deliver.deliver_due(outbox, objects, now, is_history=False)
    due = deliver.deliver_due(outbox, objects, now + timedelta(hours=1), is_history=False)

    assert (history, early, due) == (2, 0, 1)
    assert len(list((objects / "landing" / "synthetic" / "transactions").glob("*.csv"))) == 1
    assert len(deliver.waiting(outbox)) == 1


def test_only_ended_windows_with_rows_are_requested() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    hour, day = timedelta(hours=1), timedelta(days=1)
    first = start + 31 * hour
    sample = Sample(start, start + 4 * day, transactions=9, applications=1, hourly_from=first)

    over = sample.windows(first + timedelta(hours=2, minutes=59))

    decided = ("score_transactions", "score_applications")
    assert {job: over[job] for job in decided} == {
        "score_transactions": [
            (start, first),
            (first, first + hour),
            (first + hour, first + 2 * hour),
        ],
        "score_applications": [(start, start + day)],
    }
    assert "score_applications" not in Sample(start, start + day, transactions=9).windows(first)


def test_windows_of_past_years_are_as_long_as_a_window_may_be() -> None:
    start, now = datetime(2018, 1, 1, 12, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    end = start + timedelta(days=40)
    sample = Sample(start, end, transactions=9, applications=1, hourly_from=end)
    day = timedelta(days=1)

    windows = sample.windows(now)

    assert windows["score_transactions"] == [(start, start + 31 * day), (start + 31 * day, end)]
    midnight = start.replace(hour=0)
    assert windows["score_applications"] == [
        (midnight, midnight + 31 * day),
        (midnight + 31 * day, midnight + 40 * day),
    ]
    assert sample.windows(start + timedelta(hours=2, minutes=5))["score_transactions"] == [
        (start, start + timedelta(hours=2))
    ]


def test_the_sample_of_a_stack_is_created_once(tmp_path: Path) -> None:
    state = State("test", tmp_path)
    state.prepare()
    moment = datetime(2011, 12, 1, tzinfo=UTC)
    sample = Sample(moment, moment + timedelta(days=1), applications=5, learns_from_later=True)
    state.write("sample.json", asdict(sample))

    assert prepare(state, None) == sample


def test_jobs_of_nights_decide_the_last_day_that_is_over() -> None:
    start, day = datetime(2026, 11, 20, tzinfo=UTC), timedelta(days=1)
    over = Sample(start, start + 3 * day, sales=9)

    assert over.nights(start + 9 * day) == [(start + 2 * day, start + 3 * day)]
    assert over.nights(start + day + timedelta(hours=5)) == [(start, start + day)]
    assert over.nights(start + timedelta(hours=5)) == []
