"""Reads the gate plan of a model: what a challenger must show, registered before the comparison.

A plan is data. Its hash covers the file's bytes and goes on the model version that was compared, so
a bar that was moved after the fact is visible.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from features.platform import strict_yaml
from features.platform.errors import ConfigurationError
from scoring.decision.policy.part import Line, PolicyPart

FOLDER = Path(__file__).parent / "gate_plans"
_NAME = r"^[a-z][a-z0-9_]{0,62}$"


class Verdict(StrEnum):
    """The result of a test and of a gate."""

    BETTER = "better"
    NOT_WORSE = "not worse"
    CANNOT_TELL = "cannot tell"
    WORSE = "worse"


class PrimaryMetric(PolicyPart):
    """The ranking metric that decides, and the errors that the gate accepts."""

    metric: Literal["auc", "average_precision"]
    margin: float = Field(gt=0, lt=0.5)  # the largest loss that counts as none
    alpha: float = Field(gt=0, lt=0.5)  # one-sided, of every test of the plan


class ExpectedCost(PolicyPart):
    """The cost of a decision with the cheapest cut-off per row, in shares of amounts.

    An approved event costs its `loss_share`. A declined non-event costs friction and margin.
    """

    loss_share: float = Field(gt=0, le=1)  # of the amount of an approved event
    friction: float = Field(ge=0)  # per declined non-event, in units of the base currency
    forgone_share: float = Field(ge=0, lt=1)  # of the amount of a declined non-event
    winsorise: float = Field(gt=0.5, le=1)  # the quantile at which the test caps amounts
    margin: float = Field(gt=0, lt=1)  # of the loss if every row were approved


class Calibration(PolicyPart):
    """The bounds of slope and intercept, and the leeway against the champion outside of them."""

    slope: tuple[float, float]
    intercept: float = Field(gt=0)  # the largest distance from 0, in log-odds
    margin: float = Field(gt=0)  # how much further than the champion's the distance may be

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 < self.slope[0] < 1 < self.slope[1]:
            raise ValueError("calibration.slope gives a bound below 1 and one above 1")
        return self


class SegmentFloors(PolicyPart):
    """The largest loss of AUC within a segment."""

    standard_errors: float = Field(gt=0)  # a larger loss than so many fails
    smallest_events: int = Field(ge=10)  # a segment with fewer events is not judged


class Stability(PolicyPart):
    """The bounds of scores over time, of reasons, and of the time to score."""

    largest_psi: float = Field(gt=0)  # of the scores, between the halves of the weeks
    least_same_reason: float = Field(ge=0, le=1)  # share of rows with the same first reason
    largest_slowdown: float = Field(ge=1)  # score seconds over the champion's
    free_seconds: float = Field(ge=0)  # per 1,000 rows; so many are never too slow


class InverseProbability(PolicyPart):
    """The weights of rows whose labels were selected."""

    clip: float = Field(gt=1)  # the largest weight, in medians of the weights


class Bootstrap(PolicyPart):
    """The draws of whole clusters for measures without a closed form."""

    replicates: int = Field(ge=200, le=10_000)
    seed: int = Field(ge=0)


class Shadow(PolicyPart):
    """How long a challenger runs beside the champion before a promotion, and at the longest."""

    shortest_days: int = Field(ge=1)
    fewest_rows: int = Field(ge=1)
    longest_days: int = Field(ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.shortest_days >= self.longest_days:
            raise ValueError("shadow.shortest_days must be below shadow.longest_days")
        return self


class GatePlan(PolicyPart):
    """The plan of one model."""

    model: str = Field(pattern=_NAME)
    description: Line
    primary: PrimaryMetric
    weeks: int = Field(ge=4)  # of matured rows that neither model has learnt from
    fewest_events: int = Field(ge=20)
    gates_a_year: float = Field(gt=0)
    promotes_not_worse: bool
    expected_cost: ExpectedCost
    calibration: Calibration
    segments: SegmentFloors
    stability: Stability
    ipw: InverseProbability
    bootstrap: Bootstrap
    shadow: Shadow
    sha256: str = ""

    def promotes(self, verdict: str) -> bool:
        """Return whether a gate with this verdict lets the challenger be promoted."""
        return verdict == Verdict.BETTER or (
            self.promotes_not_worse and verdict == Verdict.NOT_WORSE
        )

    @property
    def expected_false_better_a_year(self) -> float:
        """The gates a year that call an equal challenger better, at most."""
        return self.gates_a_year * self.primary.alpha


def load(model: str, folder: Path = FOLDER) -> GatePlan | None:
    """Load the plan of a model; None for a model without one.

    Args:
        model: the name of the registered model.
        folder: the folder of the plans, one file `<model>.yaml` each.

    Raises:
        ConfigurationError: the file is malformed; the message names file, line and key.
    """
    if not re.fullmatch(_NAME, model):
        raise ConfigurationError(f"{model!r} is no name of a model: see `vesper models inventory`")
    try:
        document = strict_yaml.read(folder / f"{model}.yaml")
    except FileNotFoundError:
        return None
    if "sha256" in document.content:
        raise ConfigurationError(f"{model}.yaml: sha256: a gate plan does not state its own hash")
    plan = document.validate(GatePlan, {**document.content, "sha256": document.sha256})
    if plan.model != model:
        raise ConfigurationError(
            f"{model}.yaml is the gate plan of {plan.model!r}: rename the file"
        )
    return plan
