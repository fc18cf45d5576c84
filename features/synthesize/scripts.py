"""Define the scripts of fraud: stolen card, account takeover, velocity attack."""

from __future__ import annotations

from dataclasses import dataclass

from features.synthesize.calendar import HOUR_MS
from features.synthesize.rows import Scenario

# shares of all fraudulent rows
SHARES = {
    Scenario.STOLEN_CARD: 0.27,
    Scenario.COMPROMISED_MERCHANT: 0.25,
    Scenario.ACCOUNT_TAKEOVER: 0.23,
    Scenario.VELOCITY_ATTACK: 0.25,
}


@dataclass(frozen=True, slots=True)
class Script:
    """The parameters of one scenario.

    Args:
        least: fewest rows of an episode.
        more: mean of the rows beyond them (Poisson).
        gap_ms: mean time between rows.
        same_instant: share of rows at the same instant as the row before.
        at_night: episodes begin between 0 and 5 o'clock at the victim's home.
        elsewhere: share of episodes from another place.
        in_shops: share of rows at physical merchants.
        one_merchant: all rows of an episode at one merchant.
        factor: ratio of amounts to everyday amounts; None: small amounts around 1.5 USD.
        spread: spread of the logarithm of the amounts.
        own_device: share of episodes on the victim's own device and line.
    """

    least: int
    more: float
    gap_ms: float
    same_instant: float
    at_night: bool
    elsewhere: float
    in_shops: float
    one_merchant: bool
    factor: float | None
    spread: float
    own_device: float


SCRIPTS = {
    Scenario.STOLEN_CARD: Script(2, 3.0, 4 * HOUR_MS, 0.0, False, 0.6, 0.5, False, 2.5, 0.9, 0.10),
    Scenario.ACCOUNT_TAKEOVER: Script(
        3, 2.0, HOUR_MS / 4, 0.0, True, 0.25, 0.0, False, 1.8, 0.9, 0.05
    ),
    Scenario.VELOCITY_ATTACK: Script(12, 10.0, 15_000, 0.3, False, 0.2, 0.0, True, None, 0.7, 0.30),
}
