"""Says what an override of a forecast must be, before the warehouse sees it.

The table `decisions.forecast_overrides` has rules of its own. This module has the same rules with
words for a person, and those that the table cannot know: its product is known, its days are ahead.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import date

from features.platform.errors import ConfigurationError
from scoring.decision.policy import persons

MOST_FACTOR = 1_000.0
MOST_UNITS = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other units for days of a product.

    Args:
        merchant_id: the merchant.
        product_id: its product.
        channel: the channel; '' where sales name none, None for all channels.
        first_day: the first UTC day.
        last_day: the last UTC day, included.
        factor: multiplies the forecast, from 0 to 1,000; None if `units_per_day` is set.
        units_per_day: replaces the forecast of one channel, in pieces; None if `factor` is set.
        person: the person who answers for it.
        reason: in words.
    """

    merchant_id: str
    product_id: str
    channel: str | None = None
    first_day: date
    last_day: date
    factor: float | None = None
    units_per_day: float | None = None
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the warehouse knows of a product: whether it exists, the newest night, its channels."""

    exists: bool
    night: date | None
    channels: tuple[str, ...]


def require_sound(override: Override) -> None:
    """Refuse an override whose change, days or texts are unfit.

    Raises:
        ConfigurationError: says which, and what is fit.
    """
    _require_change(override)
    require_words("person", override.person)
    require_words("reason", override.reason)
    names = {"merchant": override.merchant_id, "product": override.product_id}
    for name, text in (names | {"channel": override.channel or ""}).items():
        if not persons.is_text(text):
            raise ConfigurationError(f"the {name} is no readable text of up to 1,000 characters")


def require_words(role: str, words: str) -> None:
    """Refuse a text of a person that says nothing, or too much.

    Raises:
        ConfigurationError: no letter is visible, a character is hidden, or a card number is named.
    """
    persons.require_words(f"{role} of an override", words)


def fitted(override: Override, known: Known) -> Override:
    """Return the override as it fits the product: units per day get the only channel.

    Raises:
        ConfigurationError: the product or the channel is unknown, the days are over, or the units
            name no channel where the product has several.
    """
    product = f"product {override.product_id!r} of merchant {override.merchant_id!r}"
    if not known.exists:
        raise ConfigurationError(
            f"there is no {product}: neither its products nor the forecasts of the newest night "
            "name it; look the ids up in serving.demand_forecasts"
        )
    if known.night is not None and override.last_day <= known.night:
        raise ConfigurationError(
            f"the days up to {override.last_day} are over: the newest night of forecasts is "
            f"{known.night}, and an override changes later days only"
        )
    channels = ", ".join(map(repr, known.channels)) or "none"
    if override.channel is not None and override.channel not in known.channels:
        raise ConfigurationError(
            f"{product} has no forecast in channel {override.channel!r}; its channels are: "
            f"{channels}"
        )
    if override.units_per_day is None or override.channel is not None:
        return override
    if len(known.channels) != 1:
        raise ConfigurationError(
            f"units per day hold for one channel, and the channels of {product} are: {channels}; "
            "name one, or state a factor"
        )
    return Override(**{**asdict(override), "channel": known.channels[0]})


def _require_change(override: Override) -> None:
    if (override.factor is None) == (override.units_per_day is None):
        raise ConfigurationError(
            "an override has a factor or units per day, and not both: 1.5 as a factor is half as "
            "much again; 0 units per day is no demand"
        )
    for name, value, most in (
        ("factor", override.factor, MOST_FACTOR),
        ("units per day", override.units_per_day, MOST_UNITS),
    ):
        if value is not None and not (math.isfinite(value) and 0 <= value <= most):
            raise ConfigurationError(f"{name} {value:g} is not within 0 and {most:,.0f}")
    if override.first_day > override.last_day:
        raise ConfigurationError(
            f"the first day {override.first_day} lies after the last day {override.last_day}"
        )
