"""Hold the customers of one night. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from features.platform.arrays import Flags, Matrix


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers of one night, ordered by merchant and id.

    Attributes:
        night: the day.
        merchant: [n].
        customer: [n].
        values: [n, 3] recency, frequency and spend; null is NaN.
    """

    night: date
    merchant: np.ndarray[Any, np.dtype[np.object_]]
    customer: np.ndarray[Any, np.dtype[np.object_]]
    values: Matrix

    def __len__(self) -> int:
        return len(self.values)

    @property
    def by_merchant(self) -> Mapping[str, Matrix]:
        """The values by merchant."""
        return {str(name): self.values[self.of(name)] for name in np.unique(self.merchant)}

    @property
    def digest(self) -> str:
        """The SHA-256 over the night, the names and the values."""
        digest = hashlib.sha256(self.night.isoformat().encode())
        digest.update(repr([self.merchant.tolist(), self.customer.tolist()]).encode())
        digest.update(np.ascontiguousarray(self.values).data)
        return digest.hexdigest()

    def of(self, merchant: str) -> Flags:
        """Return whether each row is a customer of a merchant: [n]."""
        is_of: Flags = self.merchant == merchant
        return is_of
