"""Declare how the decisions of a job are priced, so that cut-offs can be derived from costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from features.platform.arrays import FloatColumns
from features.platform.errors import ConfigurationError
from scoring.decision.observation import Observation
from scoring.decision.policy.policy import Policy
from scoring.decision.policy.review import ReviewTeam
from scoring.decision.thresholds import Costs

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Pricing:
    """The columns, costs and cut-offs that price a job's decisions.

    Attributes:
        probability: the ledger's column of the calibrated probability.
        amount: the feature with the amount at stake, in minor units of the base currency.
        cut_offs: returns the policy's cut-offs for review and for decline.
        costs: returns the expected cost of each answer.
        capacity: returns the number of reviews that the team does in a day.
        minutes: returns the minutes that a person needs for a review.
        observation: how the outcomes of decided rows are observed.
        term: the ledger's column of the term in months; None if the job has no term.
    """

    probability: str
    amount: str
    cut_offs: Callable[[Policy], tuple[float, float]]
    costs: Callable[[FloatColumns, Policy, ReviewTeam], Costs]
    capacity: Callable[[ReviewTeam], int]
    minutes: Callable[[ReviewTeam], int]
    observation: Observation
    term: str | None = None


def require(part: Part | None, policy: Policy, name: str) -> Part:
    """Return a part of a policy.

    Raises:
        ConfigurationError: the policy does not have it.
    """
    if part is None:
        raise ConfigurationError(
            f"policy {policy.version} states no {name}, so no cut-off can be derived from it; name "
            "a policy that does with --policy"
        )
    return part
