"""Both models score the same rows; a model that fails on them is refused and judged by nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.platform.errors import ContractError
from features.views import TRANSACTIONS
from scoring.fraud.job import JOB
from scoring.fraud.model import FraudModel
from scoring.models.labelled_rows import LabelledRows
from scoring.models.matured_rows import MaturedRows
from scoring.promotion import scored
from scoring.promotion.scored import Contender, Scored

FEATURES = ("amount", "customer_amount_avg_30d", "merchant_fraud_rate_7d")
ROWS, DAYS = 1_200, 28
DAY_US = 86_400_000_000


@cache
def fitted(columns: tuple[str, ...]) -> FraudModel:
    """Return a small model of some columns."""
    matrix = np.random.default_rng(7).normal(size=(1_500, len(FEATURES)))
    is_fraud = matrix[:, 0] + matrix[:, 2] > 1.5
    kept = matrix[:, [FEATURES.index(name) for name in columns]]
    return FraudModel(columns, columns, max_iter=10, anomaly_trees=5).fit(kept, is_fraud)


def rows(**replaced: Any) -> MaturedRows:
    """Return rows of four weeks."""
    draw = np.random.default_rng(11)
    matrix = draw.normal(size=(ROWS, len(FEATURES)))
    usual = {
        "inputs": LabelledRows(FEATURES, matrix),
        "has_label": np.ones(ROWS, dtype=bool),
        "is_event": matrix[:, 0] > 1.0,
        "customer": pa.array([f"c{code}" for code in draw.integers(0, 90, ROWS)]),
        "amount": np.abs(matrix[:, 0]),
        "happened_us": np.sort(draw.integers(0, DAYS * DAY_US, ROWS)) + 20_000 * DAY_US,
        "segments": {"channel": np.array(["web", "shop"], dtype=object)[np.arange(ROWS) % 2]},
    }
    return MaturedRows(**(usual | replaced))


def score(parts: list[MaturedRows], champion: Any, challenger: Any, timeout: float = 30) -> Scored:
    models = Contender("version 1", champion), Contender("version 2", challenger)
    return scored.score(parts, models, JOB, TRANSACTIONS, timeout)


def part_of(whole: MaturedRows, taken: slice) -> MaturedRows:
    return MaturedRows(
        inputs=whole.inputs.take(taken),
        has_label=whole.has_label[taken],
        is_event=whole.is_event[taken],
        customer=whole.customer[taken],
        amount=whole.amount[taken],
        happened_us=whole.happened_us[taken],
        segments={name: labels[taken] for name, labels in whole.segments.items()},
    )


def test_models_of_other_columns_score_the_same_rows_in_the_same_order() -> None:
    champion, challenger = fitted(FEATURES[:1]), fitted(FEATURES[::-1])
    whole = rows()

    compared = score([whole], champion, challenger).rows

    assert compared is not None
    matrix = whole.inputs.matrix
    assert (compared.champion == champion.score(matrix[:, :1]).fraud_probability).all()
    reversed_columns = np.ascontiguousarray(matrix[:, ::-1])
    assert (compared.challenger == challenger.score(reversed_columns).fraud_probability).all()
    assert compared.weeks == 4
    assert compared.weight is None
    assert compared.seconds is not None
    assert min(compared.seconds) > 0
    assert compared.reasons is not None
    assert set(np.unique(compared.reasons[0])) <= {"", "amount"}


def test_parts_give_what_the_whole_gives() -> None:
    champion, challenger = fitted(FEATURES[:2]), fitted(FEATURES)
    whole = rows()
    parts = [
        part_of(whole, slice(0, 0)),
        part_of(whole, slice(0, 500)),
        part_of(whole, slice(500, ROWS)),
    ]

    together, in_parts = (score(each, champion, challenger).rows for each in ([whole], parts))

    assert together is not None
    assert in_parts is not None
    for name in ("is_event", "champion", "challenger", "cluster", "amount", "week"):
        assert (getattr(together, name) == getattr(in_parts, name)).all()


def test_rows_without_a_label_weigh_on_those_with_one() -> None:
    has_label = np.arange(ROWS) % 4 != 0

    compared = score([rows(has_label=has_label)], fitted(FEATURES[:1]), fitted(FEATURES)).rows

    assert compared is not None
    assert len(compared) == has_label.sum()
    assert compared.weight is not None
    assert compared.weight.sum() == pytest.approx(ROWS)


def test_a_row_that_one_model_cannot_score_is_left_out_for_both() -> None:
    matrix = rows().inputs.matrix.copy()
    matrix[:5, 2] = np.inf  # a column of the challenger alone

    done = score(
        [rows(inputs=LabelledRows(FEATURES, matrix))], fitted(FEATURES[:1]), fitted(FEATURES)
    )

    assert done.left_out == 5
    assert done.rows is not None
    assert len(done.rows) == ROWS - 5


def test_no_rows_give_nothing_to_compare() -> None:
    assert score([], fitted(FEATURES), fitted(FEATURES)) == Scored(None, 0)


def _raises(_: np.ndarray) -> Any:
    raise RuntimeError("evil")


@pytest.mark.parametrize(
    "answer",
    [
        _raises,
        lambda matrix: SimpleNamespace(fraud_probability=np.full(len(matrix), np.nan)),
        lambda matrix: SimpleNamespace(fraud_probability=np.full(len(matrix), 2.0)),
        lambda matrix: SimpleNamespace(fraud_probability=np.zeros(len(matrix) + 1)),
        lambda _: SimpleNamespace(),
    ],
    ids=["raises", "no number", "no probability", "other rows", "no answer"],
)
def test_a_challenger_that_gives_no_scores_is_refused(answer: Callable[..., Any]) -> None:
    evil = SimpleNamespace(
        features=FEATURES, score=answer, contributions=fitted(FEATURES).contributions
    )

    with pytest.raises(ContractError, match=r"version 2 gives no score for 1,200 of 1,200"):
        score([rows()], fitted(FEATURES), evil)
