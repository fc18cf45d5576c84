"""The decision table keeps its laws under the policy of record."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Outcome, Status
from scoring.decision.policy import policy
from scoring.decision.rules.columns import TRANSACTIONS, types_of
from scoring.fraud import merge
from scoring.fraud.merge import Decisions

POLICY = policy.newest()
CONDITIONS = POLICY.conditions(types_of(TRANSACTIONS))
USED = sorted({name for _, condition in CONDITIONS for name in condition.tree.columns})

probability = st.floats(0, 1)
score = st.one_of(probability, st.none())
feature = st.one_of(st.none(), st.floats(-10, 2000))
row = st.tuples(score, score, st.fixed_dictionaries(dict.fromkeys(USED, feature)))
rows = st.lists(row, min_size=1, max_size=30)
Row = tuple[float | None, float | None, dict[str, float | None]]


def component(values: list[float | None]) -> ComponentScores:
    status = [Status.OK if value is not None else Status.MODEL_FAILED for value in values]
    return ComponentScores(np.array(values, dtype=float), np.array(status, dtype=object))


def decide(batch: list[Row]) -> Decisions:
    columns = {
        name: pa.array([features[name] for _, _, features in batch], pa.float64()) for name in USED
    }
    columns |= {
        "customer_id": pa.array(["c"] * len(batch)),
        "merchant_id": pa.array(["m"] * len(batch)),
        "occurred_at": pa.array([0] * len(batch), pa.timestamp("us", tz="UTC")),
    }
    fraud, anomaly = component([r[0] for r in batch]), component([r[1] for r in batch])
    return merge.decide(fraud, anomaly, columns, POLICY, CONDITIONS)


@given(rows)
def test_every_row_has_exactly_one_outcome(batch: list[Row]) -> None:
    outcome = decide(batch).outcome

    assert len(outcome) == len(batch)
    assert set(outcome.tolist()) <= set(Outcome)


@given(rows)
def test_a_degraded_score_never_approves(batch: list[Row]) -> None:
    decided = decide(batch)

    assert (decided.outcome[decided.is_degraded] >= Outcome.REVIEW).all()
    assert decided.is_degraded.tolist() == [None in r[:2] for r in batch]


@given(row, probability)
def test_a_higher_probability_never_lowers_the_outcome(drawn: Row, second: float) -> None:
    low, high = sorted([drawn[0] if drawn[0] is not None else 0.0, second])

    assert decide([(low, *drawn[1:])]).outcome[0] <= decide([(high, *drawn[1:])]).outcome[0]


@given(row, probability)
def test_a_higher_anomaly_score_never_lowers_the_outcome(drawn: Row, second: float) -> None:
    low, high = sorted([drawn[1] if drawn[1] is not None else 0.0, second])
    before = decide([(drawn[0], low, drawn[2])]).outcome[0]

    assert before <= decide([(drawn[0], high, drawn[2])]).outcome[0]


@given(rows)
def test_the_decision_of_a_row_does_not_depend_on_the_other_rows(batch: list[Row]) -> None:
    alone = [decide([single]).outcome[0] for single in batch]

    assert decide(batch).outcome.tolist() == alone
    assert decide(batch[::-1]).outcome.tolist() == alone[::-1]


def test_every_rule_of_the_policy_can_decide() -> None:
    """No branch is unreachable: for each rule some row has that outcome because of it alone."""
    for rule, condition in CONDITIONS:
        hit = False
        for value in (0.0, 1.0, 3.0, 15.0, 50.0, 5000.0):
            features: dict[str, float | None] = dict.fromkeys(USED)
            features |= dict.fromkeys(condition.tree.columns, value)
            decided = decide([(0.0, 0.0, features)])
            hit |= bool(decided.outcome[0] == Outcome.of(rule.outcome))
        assert hit, rule.rule_id
