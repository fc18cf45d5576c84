"""Exceptions that are data never lower a knock-out, end to the instant, and have no order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.platform.errors import ConfigurationError
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Outcome
from scoring.decision.policy import exceptions, policy
from scoring.decision.policy.exceptions import (
    AllowListException,
    Exceptions,
    SuppressionException,
)
from scoring.decision.rules.columns import TRANSACTIONS, types_of
from scoring.fraud import merge
from scoring.fraud.merge import Decisions

POLICY = policy.newest()
CONDITIONS = POLICY.conditions(types_of(TRANSACTIONS))
USED = sorted({name for _, condition in CONDITIONS for name in condition.tree.columns})
KNOCK_OUTS = [rule.is_knock_out for rule, _ in CONDITIONS]
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)

feature = st.sampled_from([None, 0.0, 1.0, 3.0, 50.0, 5000.0])
row = st.tuples(
    st.floats(0, 1),
    st.fixed_dictionaries(dict.fromkeys(USED, feature)),
    st.sampled_from(["c0", "c1"]),
    st.sampled_from(["m0", "m1"]),
    st.integers(-2, 2),
)
entry = st.tuples(
    st.sampled_from([None, *(rule.rule_id for rule, _ in CONDITIONS), "a_rule_of_old"]),
    st.sampled_from([("customer_id", "c0"), ("merchant_id", "m0"), ("customer_id", "c1")]),
    st.integers(-2, 2),
)
Row = tuple[float, dict[str, float | None], str, str, int]


def exceptions_of(entries: list[tuple[Any, tuple[str, str], int]]) -> Exceptions:
    allowed, silent = [], []
    for number, (rule_id, (key, subject), until) in enumerate(entries):
        values = {
            "exception_id": f"e{number}",
            key: subject,
            "until": NOON + until * INSTANT,
            "reason": "known",
        }
        if rule_id is None:
            allowed.append(AllowListException.model_validate(values))
        else:
            silent.append(SuppressionException.model_validate(values | {"rule_id": rule_id}))
    return Exceptions(tuple(allowed), tuple(silent))


def decide(batch: list[Row], pinned: Exceptions) -> Decisions:
    columns = {name: pa.array([drawn[1][name] for drawn in batch], pa.float64()) for name in USED}
    moments = [NOON + drawn[4] * INSTANT for drawn in batch]
    columns |= {
        "customer_id": pa.array([drawn[2] for drawn in batch]),
        "merchant_id": pa.array([drawn[3] for drawn in batch]),
        "occurred_at": pa.array(moments, pa.timestamp("us", tz="UTC")),
    }
    ok = np.array(["ok"] * len(batch), dtype=object)
    fraud = ComponentScores(np.array([drawn[0] for drawn in batch]), ok)
    anomaly = ComponentScores(np.zeros(len(batch)), ok)
    return merge.decide(fraud, anomaly, columns, pinned.added_to(POLICY), CONDITIONS)


rows = st.lists(row, min_size=1, max_size=12)
entries = st.lists(entry, max_size=8)


@given(rows, entries)
def test_no_exception_makes_an_outcome_stricter_or_lowers_a_knock_out(
    batch: list[Row], drawn: list[Any]
) -> None:
    without, with_them = decide(batch, Exceptions()), decide(batch, exceptions_of(drawn))
    is_knocked_out = without.rule_hits[:, KNOCK_OUTS].any(axis=1)

    assert (with_them.outcome <= without.outcome).all()
    assert (with_them.outcome[is_knocked_out] == Outcome.DECLINE).all()
    assert (with_them.rule_hits[:, KNOCK_OUTS] == without.rule_hits[:, KNOCK_OUTS]).all()


@given(rows, entries)
def test_a_decision_names_exceptions_exactly_if_they_changed_it(
    batch: list[Row], drawn: list[Any]
) -> None:
    without, with_them = decide(batch, Exceptions()), decide(batch, exceptions_of(drawn))
    named = with_them.overrides.is_valid().to_numpy(zero_copy_only=False)

    assert named.tolist() == (with_them.outcome < without.outcome).tolist()
    for drawn_row, reason in zip(batch, with_them.overrides.to_pylist(), strict=True):
        for name in json.loads(reason)["exceptions"] if reason else []:
            _, (key, subject), until = drawn[int(name[1:])]
            assert subject == drawn_row[2 if key == "customer_id" else 3]
            assert drawn_row[4] < until
    assert not decide(batch, Exceptions()).overrides.is_valid().to_numpy(zero_copy_only=False).any()


@given(rows, entries, st.randoms())
def test_the_order_of_exceptions_and_rows_changes_nothing(
    batch: list[Row], drawn: list[Any], random: Any
) -> None:
    pinned = exceptions_of(drawn)
    shuffled = Exceptions(
        tuple(random.sample(pinned.allow_list, len(pinned.allow_list))),
        tuple(random.sample(pinned.suppressions, len(pinned.suppressions))),
    )
    first, second = decide(batch, pinned), decide(batch[::-1], shuffled)

    assert first.outcome.tolist() == second.outcome.tolist()[::-1]
    assert first.overrides.to_pylist() == second.overrides.to_pylist()[::-1]


@pytest.mark.parametrize(("ahead", "outcome"), [(1, Outcome.APPROVE), (0, Outcome.DECLINE)])
def test_an_exception_ends_at_its_instant(ahead: int, outcome: Outcome) -> None:
    pinned = exceptions_of([(None, ("customer_id", "c0"), ahead)])
    fraud: Row = (0.99, dict.fromkeys(USED), "c0", "m0", 0)

    assert decide([fraud], pinned).outcome.tolist() == [outcome]


def test_a_list_that_is_not_the_pinned_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="altered after a run pinned them"):
        exceptions.read("[]", "0" * 64)
