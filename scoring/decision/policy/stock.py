"""Declares the stock part of a policy: service by class, buffers, transfers and a budget.

A policy without this part plans no stock. Money is in minor units of the warehouse's base currency.
"""

from __future__ import annotations

from itertools import product
from typing import Self

from pydantic import Field, model_validator

from scoring.decision.policy.part import Identifier, PolicyPart, WholeNumber

#: The classes of products: value A to C, and steadiness X to Z.
CLASSES = tuple(value + steadiness for value, steadiness in product("ABC", "XYZ"))


class TransferSettings(PolicyPart):
    """When a channel gives pieces to another one."""

    low: float = Field(gt=0, lt=1)  # shares of the paths without a lost sale: a channel receives
    high: float = Field(gt=0, lt=1)  # a channel gives the pieces beyond it
    least: WholeNumber = Field(ge=1)  # pieces

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("stock.transfers.low must not exceed high, or pieces come back")
        return self


class StockPolicy(PolicyPart):
    """The stock part of a policy version."""

    fill_rates: dict[str, float]  # shares of demanded pieces that are sold, by class
    channel_buffers: dict[Identifier, WholeNumber] = Field(default_factory=dict)  # by place
    transfers: TransferSettings
    budget_minor: WholeNumber | None = Field(default=None, ge=0)  # of a merchant's night

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if set(self.fill_rates) != set(CLASSES):
            raise ValueError(f"stock.fill_rates must name each of {', '.join(CLASSES)}")
        if wrong := sorted(name for name, rate in self.fill_rates.items() if not 0 < rate < 1):
            raise ValueError(f"stock.fill_rates of {', '.join(wrong)} must lie between 0 and 1")
        if below := sorted(name for name, pieces in self.channel_buffers.items() if pieces < 0):
            raise ValueError(f"stock.channel_buffers of {', '.join(below)} must be 0 or more")
        return self
