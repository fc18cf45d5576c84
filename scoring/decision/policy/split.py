"""Defines the part of a policy that lets a challenger decide a share of the customers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from features.platform.yaml_document import Moment
from scoring.decision.policy.part import Line, PolicyPart


class Split(PolicyPart):
    """A randomised split: some customers are decided by the challenger, until a moment.

    Attributes:
        model: the registered model whose challenger takes part.
        share: of the customers whom the challenger decides.
        salt: seeds the draw; another salt draws other customers.
        sample_size: of customers, stated beforehand, that the challenger shall decide.
        until: runs that are claimed from then on have no split.
        reason: what the split shall show.
    """

    model: Literal["fraud_transactions", "credit_applications"]
    share: float = Field(gt=0, le=0.5)
    salt: Line
    sample_size: int = Field(gt=0, le=10**9)
    until: Moment
    reason: Line
