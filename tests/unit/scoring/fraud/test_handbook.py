"""The protocol of the handbook selects the same rows as the book."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from scoring.fraud.quality import handbook
from scoring.fraud.rows import DAY_MICROSECONDS, TrainingSet

START = date(2018, 7, 25)
FIRST = (START - handbook.EPOCH).days


def labelled(rows: list[tuple[int, int, bool]]) -> TrainingSet:
    """Make rows of (days after the start of the training week, customer, is fraud)."""
    day, customer, is_fraud = (np.array(column) for column in zip(*rows, strict=True))
    return TrainingSet(
        ("amount",), np.ones((len(day), 1)), is_fraud, customer, (FIRST + day) * DAY_MICROSECONDS
    )


def test_the_test_week_begins_a_week_after_the_training_week_ends() -> None:
    rows = labelled([(offset, offset, False) for offset in range(-3, 25)])

    fold = handbook.fold(rows, START)

    assert rows.customer[fold.train].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert fold.earlier == 5
    assert rows.customer[fold.calibrate].tolist() == [5, 6]
    assert rows.customer[fold.test].tolist() == list(range(14, 21))


def test_a_card_known_from_the_training_week_is_not_tested() -> None:
    rows = labelled([(2, 1, True), (14, 1, False), (14, 2, False)])

    assert rows.customer[handbook.fold(rows, START).test].tolist() == [2]


def test_a_card_leaves_the_test_week_when_its_label_has_arrived() -> None:
    # a fraud of day 8, known on day 15, removes the card from the test as of day 16
    rows = labelled([(8, 1, True), *((day, 1, False) for day in range(14, 21))])

    tested = handbook.fold(rows, START).test

    assert (rows.day[tested] - FIRST).tolist() == [14, 15]


def test_a_card_known_before_a_calibration_day_does_not_calibrate() -> None:
    rows = labelled([(-4, 1, True), (5, 1, False), (5, 2, False)])

    assert rows.customer[handbook.fold(rows, START).calibrate].tolist() == [2]


def test_no_row_is_in_both_training_and_test() -> None:
    rows = labelled([(day, day * 10 + card, False) for day in range(-5, 30) for card in range(9)])

    fold = handbook.fold(rows, START)

    used = np.concatenate([fold.train, fold.test])
    assert len(np.unique(used)) == len(used)


def test_settings_are_chosen_before_the_first_test_week() -> None:
    last = max(handbook.VALIDATION_FOLDS)
    first = min(handbook.TEST_FOLDS)

    assert (first - last).days >= handbook.WEEK  # the test weeks do not overlap


def test_the_last_fold_has_as_many_rows_as_the_book(test_data: Path) -> None:
    file = test_data / "transactions" / "fdh_dev_2018-05-28_2018-08-14.parquet"
    table = pq.read_table(file, columns=["TX_DATETIME", "CUSTOMER_ID", "TX_FRAUD"])
    times = table["TX_DATETIME"].to_numpy().astype("datetime64[us]").astype(np.int64)
    rows = TrainingSet(
        (),
        np.empty((len(times), 0)),
        table["TX_FRAUD"].to_numpy() == 1,
        table["CUSTOMER_ID"].to_numpy().astype(np.int64),
        times,
    )

    fold = handbook.fold(rows, START)
    week, tested = fold.train, fold.test

    assert (len(week), rows.is_fraud[week].sum()) == (67_240, 598)
    assert (len(tested), rows.is_fraud[tested].sum()) == (58_264, 385)
