"""A demo takes any files that a description reads, and finds from when on it decides."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from features.platform.settings import Settings
from features.sources import descriptions
from features.sources.descriptions import Sources
from features.sources.source_set import source_set
from infra.local import deliver, sample
from infra.local.demo import reason_of
from infra.local.environment import scoring
from infra.local.own_data import event_times, match
from infra.local.state import StackError, State
from tests.unit.features.test_source_sets import CARD, LABELS, write

FORMATS = ["csv", "jsonl", "parquet"]
START = datetime(2026, 1, 5, tzinfo=UTC)
FEEDS = {
    "transactions": CARD | {"formats": FORMATS},
    "transaction_labels": LABELS,
    "fx_rates": {
        "formats": ["csv"],
        "columns": {"currency": "CUR", "rate_date": "DAY", "rate": "RATE"},
    },
}


def shop(folder: Path, **changes: Any) -> Sources:
    """Describe a shop with labels and rates in files of their own."""
    folder.mkdir(exist_ok=True)
    stated = {"time_zone": "Europe/Vienna", "provenance_rank": ["bank"], "feeds": FEEDS}
    write(folder, shop=stated | changes)
    return descriptions.load("shop", folder=folder)


def payments(count: int = 100, hours: int = 1) -> str:
    """Return payments as CSV, one each hour; local times, one hour before UTC."""
    lines = [
        f"t{number},c1,m1,{START + timedelta(hours=number * hours + 1):%Y-%m-%d %H:%M:%S},9.50"
        for number in range(count)
    ]
    return "\n".join(["ID,CARD,SHOP,AT,SUM", *lines]) + "\n"


def as_file(text: str, suffix: str, folder: Path) -> Path:
    """Write CSV text in another format."""
    folder.mkdir(exist_ok=True)
    path = folder / f"payments.{suffix}"
    header, *lines = text.splitlines()
    match suffix:
        case "csv":
            path.write_text(text)
        case "csv.gz":
            path.write_bytes(gzip.compress(text.encode()))
        case "jsonl":
            rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case "parquet":
            (folder / "draft").write_text(text)
            pq.write_table(pc.read_csv(folder / "draft"), path)
            (folder / "draft").unlink()
    return path


@pytest.fixture
def state(tmp_path: Path) -> State:
    stack_state = State("shop", tmp_path / "local")
    stack_state.prepare()
    return stack_state


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "jsonl", "parquet"])
def test_the_times_of_a_file_in_any_format_are_those_of_ingest(tmp_path: Path, suffix: str) -> None:
    described = shop(tmp_path / "sources")
    file = as_file(payments(), suffix, tmp_path / "data")

    files = match(file, described)
    times = event_times(files.portions, described)

    assert [portion.object_name for portion in files.portions] == [
        f"landing/shop/transactions/history/payments.{suffix}"
    ]
    assert list(times) == ["transactions"]
    moments = times["transactions"]
    assert len(moments) == 100
    assert moments[0] == START.timestamp() * 1_000_000


def test_each_file_of_a_folder_goes_to_the_feed_that_reads_it(tmp_path: Path) -> None:
    described = shop(tmp_path / "sources")
    data = tmp_path / "data"
    as_file(payments(), "csv", data)
    (data / "chargebacks.csv").write_text("ID,BAD\nt1,1\n")
    (data / "rates.csv").write_text("CUR,DAY,RATE\nEUR,2026-01-01,1.1\n")
    (data / "notes.txt").write_text("hello\n")
    (data / ".hidden.csv").write_text("ID,BAD\n")

    files = match(data, described)

    assert sorted(portion.object_name for portion in files.portions) == [
        "landing/shop/fx_rates/history/rates.csv",
        "landing/shop/transaction_labels/history/chargebacks.csv",
        "landing/shop/transactions/history/payments.csv",
    ]
    (unknown,) = files.unknown
    assert "notes.txt" in unknown


def test_the_name_of_a_folder_decides_between_feeds_of_one_form(tmp_path: Path) -> None:
    feeds = {"pos": CARD | {"feed": "transactions"}, "web": CARD | {"feed": "transactions"}}
    described = shop(tmp_path / "sources", feeds=feeds)
    data = tmp_path / "data"
    file = as_file(payments(), "csv", data)

    with pytest.raises(StackError, match="fits pos and web alike: put it into a folder"):
        match(data, described)

    (data / "web").mkdir()
    file.rename(data / "web" / "payments.csv")
    (portion,) = match(data, described).portions
    assert portion.object_name == "landing/shop/web/history/payments.csv"


def test_the_patterns_of_names_decide_between_feeds_of_one_form(tmp_path: Path) -> None:
    feeds = {
        name: CARD | {"feed": "transactions", "files": [f"{name}_*.csv"]} for name in ("pos", "web")
    }
    described = shop(tmp_path / "sources", feeds=feeds)
    data = tmp_path / "data"
    as_file(payments(), "csv", data).rename(data / "web_1.csv")
    as_file(payments(), "csv", data).rename(data / "other.csv")

    files = match(data, described)

    assert [portion.object_name for portion in files.portions] == [
        "landing/shop/web/history/web_1.csv"
    ]
    assert "its name fits none of `files`" in files.unknown[0]


def test_a_first_load_without_the_label_that_it_needs_is_refused_before_any_start(
    tmp_path: Path,
) -> None:
    label = {"column": "BAD", "latency": "7d", "provenance": "bank", "label_in": "history"}
    feeds = {"transactions": CARD | {"inline_label": label}}
    described = shop(tmp_path / "sources", feeds=feeds)
    data = as_file(payments(), "csv", tmp_path / "data")

    files = match(data, described)

    assert files.portions == ()
    assert "missing_column" in files.unknown[0]
    assert "BAD" in files.unknown[0]


def test_a_file_that_would_be_held_is_refused_before_any_start(tmp_path: Path) -> None:
    described = shop(tmp_path / "sources")
    data = as_file(payments().replace(",9.50", ",free"), "csv", tmp_path / "data")
    files = match(data, described)

    with pytest.raises(StackError, match=r"would be held: too_many_bad_rows: 100 of 100"):
        event_times(files.portions, described)


def test_the_last_tenth_is_decided_where_the_description_states_no_border(
    tmp_path: Path, state: State
) -> None:
    described = shop(tmp_path / "sources")
    data = as_file(payments(), "csv", tmp_path / "data")

    made = sample.prepare(state, sample.matched(state, data, described), described)

    assert made.live_from == START + timedelta(hours=90)
    assert made.live_until == START + timedelta(hours=100)
    assert made.hours(datetime.now(UTC)) == [(made.live_from, made.live_until)]
    assert made.training() == {"as_of": made.live_from.isoformat()}
    assert sample.prepare(state) == made
    # every process of the stack knows the moment that the description lacks
    stated = scoring(state)["SCORING_DECIDE_FROM"]
    settings = Settings(sources="shop", sources_dir=tmp_path / "sources", decide_from=stated)
    assert source_set(settings).decide_from == made.live_from
    (waiting,) = deliver.waiting(sample.outbox(state))
    assert waiting.is_history
    assert waiting.path.read_text() == data.read_text()


def test_the_border_of_the_description_is_kept(tmp_path: Path, state: State) -> None:
    border = "2026-01-06T00:00:00Z"
    described = shop(tmp_path / "sources", decide_from=border)
    data = as_file(payments(), "csv", tmp_path / "data")

    made = sample.prepare(state, sample.matched(state, data, described), described)

    assert made.live_from == datetime(2026, 1, 6, tzinfo=UTC)
    assert "SCORING_DECIDE_FROM" not in scoring(state)
    stated = Settings(
        sources="shop", sources_dir=tmp_path / "sources", decide_from="2020-01-01T00:00:00Z"
    )
    assert source_set(stated).decide_from == made.live_from


def test_rows_of_many_years_are_decided_in_one_window(tmp_path: Path, state: State) -> None:
    described = shop(tmp_path / "sources", time_zone="UTC")
    data = as_file(payments(count=200, hours=24 * 6), "csv", tmp_path / "data")
    text = data.read_text().replace("2026-", "2016-").replace("2027-", "2017-")
    data.write_text(text.replace("2028-", "2018-").replace("2029-", "2019-"))

    made = sample.prepare(state, sample.matched(state, data, described), described)

    assert made.live_until - made.live_from <= sample.LONGEST
    assert len(made.hours(datetime.now(UTC))) == 1


@pytest.mark.parametrize("border", ["2020-01-01T00:00:00Z", "2026-06-01T00:00:00Z"])
def test_a_border_outside_of_the_data_is_refused_with_both_ends(
    tmp_path: Path, state: State, border: str
) -> None:
    described = shop(tmp_path / "sources", decide_from=border)
    data = as_file(payments(), "csv", tmp_path / "data")

    with pytest.raises(StackError, match="2026-01-05 00:00 to 2026-01-09 03:00 UTC: state another"):
        sample.prepare(state, sample.matched(state, data, described), described)


def test_loans_of_a_public_file_train_on_outcomes_that_came_later(tmp_path: Path) -> None:
    described = descriptions.load("lending_club")
    months = [datetime(2011, month, 1, tzinfo=UTC).timestamp() * 1e6 for month in (10, 11, 12)]

    made = sample.of_times({"applications": np.array(months, dtype="int64")}, described)

    assert made.live_from == datetime(2011, 12, 1, tzinfo=UTC)
    assert made.training() == {"end": "2011-12-01T00:00:00+00:00"}
    assert made.days(datetime.now(UTC)) == [(made.live_from, datetime(2011, 12, 2, tzinfo=UTC))]
    assert made.is_derived
    assert "the demo decides rows from 2011-12-01T00:00:00+00:00 on" in made.border


def test_the_reason_of_a_training_that_made_no_model_is_read_from_its_log() -> None:
    log = "training_set_read rows=9\nTooFewLabelsError: 3 frauds of 20 are known\nTask finished"

    assert reason_of(log) == "3 frauds of 20 are known"
    assert reason_of("Skipping task. reason=the sources deliver no labels") == (
        "the sources deliver no labels"
    )
