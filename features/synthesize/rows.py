"""Hold transactions as arrays, from the scenarios to the renderer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.synthesize.randomness import F64, I64, U64


class Scenario(IntEnum):
    """The cause of a transaction; this is the truth, and no feed contains it."""

    NONE = 0
    STOLEN_CARD = 1
    COMPROMISED_MERCHANT = 2
    ACCOUNT_TAKEOVER = 3
    VELOCITY_ATTACK = 4


CHANNELS = ("pos", "web", "app", "atm", "phone")
POS, WEB, APP, ATM, PHONE = range(5)


@dataclass(slots=True)
class Rows:
    """Equally long arrays, one entry per transaction.

    Args:
        at: time of the transaction, epoch milliseconds.
        customer: number of the customer.
        merchant: number of the merchant.
        usd: amount in USD, before rounding to the currency.
        place: index of the place of the transaction.
        abroad: True if the place is not the customer's home.
        channel: index into `CHANNELS`.
        device: 64-bit key of the device.
        address: 64-bit key of the IP address.
        scenario: a `Scenario`.
        kind: index into `kinds.NAMES`.
    """

    at: I64
    customer: I64
    merchant: I64
    usd: F64
    place: I64
    abroad: NDArray[np.bool_]
    channel: I64
    device: U64
    address: U64
    scenario: I64
    kind: I64

    def __len__(self) -> int:
        return len(self.at)

    def take(self, which: NDArray[Any]) -> Rows:
        """Return the rows of a mask or an index array."""
        return Rows(*(getattr(self, field.name)[which] for field in fields(self)))


def concatenate(parts: list[Rows]) -> Rows:
    """Concatenate rows."""
    columns = ([getattr(part, field.name) for part in parts] for field in fields(Rows))
    return Rows(*(np.concatenate(column) for column in columns))
