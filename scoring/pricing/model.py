"""Hold the fitted response of one merchant's demand to prices and promotions. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats
from scoring.pricing import response
from scoring.pricing.history import History
from scoring.pricing.levels import Effects, Penalty

_SETTLED = 1e-2


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted history; C channels, N categories.

    Args:
        history: S series over D days.
        basis: [D, K] splines.
        penalty: of levels and days.
        effects: of levels and days.
        terms: [N, TERMS]; 0 where not active.
        active: [N, TERMS] terms that were fitted.
        change: largest change of a log in the newest step.
    """

    history: History
    basis: Floats
    penalty: Penalty
    effects: Effects
    terms: Floats
    active: Flags
    change: float = np.inf

    @property
    def is_settled(self) -> bool:
        """Whether the steps came to rest; otherwise no term has a meaning."""
        return self.change < _SETTLED

    @property
    def base(self) -> Floats:
        """Expected units without promotions at the regular price, 0 outside the life: [S, D]."""
        log = self.effects.log_base(self.basis, self.history.channel)
        price = self.terms[self.history.category, response.PRICE, None]
        log += price * self.history.price_move
        return np.where(self.history.is_live, np.exp(log), 0.0)
