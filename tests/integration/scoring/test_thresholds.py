"""Cut-offs from published decisions are priced by the policy and compared with those in force."""

from __future__ import annotations

import pytest

from features.platform.errors import ConfigurationError
from scoring.commands.thresholds import compare, text_of
from scoring.decision.policy import activations, policy
from scoring.domains import SCORE_APPLICATIONS, SCORE_TRANSACTIONS
from tests.integration.scoring.conftest import POLICY, Bench, some_transactions
from tests.integration.scoring.lender import DAY, MIDNIGHT, Lender, a_day_of_applications


def test_both_domains_are_priced_by_the_policy_in_force(lender: Lender, bench: Bench) -> None:
    bench.admit(some_transactions(6))
    bench.decide()
    lender.admit(a_day_of_applications())
    lender.decide()
    with lender.connect() as connection:
        in_force = activations.in_force(connection)
        transactions = compare(connection, SCORE_TRANSACTIONS, in_force)
        loans = compare(connection, SCORE_APPLICATIONS, in_force)
        none = compare(
            connection, SCORE_APPLICATIONS, in_force, (MIDNIGHT + DAY, MIDNIGHT + 2 * DAY)
        )

    assert transactions is not None
    assert loans is not None
    assert none is None
    # the application without a rate has no probability and no price
    assert (transactions.rows, loans.rows, loans.days) == (6, 4, 1)
    assert (loans.in_force.review, loans.in_force.decline) == (0.2, 0.3)
    assert loans.cheapest.reviews <= loans.capacity_per_day == 60
    assert loans.cheapest.cost <= loans.in_force.cost
    # missing bureau data is reviewed by a rule, whatever the probability
    assert loans.reviews_elsewhere == 1
    text = text_of(in_force, [transactions, loans])
    assert "score_applications: 4 decisions" in text
    assert text.count("in force") == text.count("cheapest") == 2


def test_a_policy_without_costs_is_refused(bench: Bench) -> None:
    without_costs = policy.load(POLICY)

    with bench.connect() as connection, pytest.raises(ConfigurationError, match="review_team"):
        compare(connection, SCORE_TRANSACTIONS, without_costs)
