"""Read the committed configuration of the stores: shares, true parameters, supply and losses."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.platform import strict_yaml

FILE = Path(__file__).parent / "assortment.yaml"
#: The channels; a location of the same name holds the stock of a channel.
CHANNELS = ("store", "web")
#: The location that serves both channels.
WAREHOUSE = "warehouse"
LOCATIONS = (*CHANNELS, WAREHOUSE)
#: The classes of Syntetos and Boylan, in the order of their numbers.
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Range = tuple[Positive, Positive]
Week = Annotated[tuple[Positive, ...], Field(min_length=7, max_length=7)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shares(_Part):
    """Shares of the products."""

    seasonal: Share
    promoted: Share
    stocked_out: Share
    new: Share
    dead: Share
    central: Share


class DemandClass(_Part):
    """A class of series.

    Attributes:
        share: of the series.
        units: range of the mean per day; of an order where `orders_per_day` is given.
        shape: range of the gamma distribution that mixes the Poisson distribution.
        pieces_per_line: mean.
        orders_per_day: range of the chance of an order; None = pieces come one by one.
    """

    share: Share
    units: Range
    shape: Range
    pieces_per_line: Annotated[float, Field(ge=1.0)]
    orders_per_day: Range | None = None


class Category(_Part):
    """A category of products and its true response to prices and promotions.

    Attributes:
        department: of the category.
        name: of the category.
        types: two types of products.
        price: median, in dollars.
        elasticity: of demand to the price.
        uplift: added share of demand in a promotion, beside the effect of the price.
        pull_forward: share of the added pieces that the three weeks after the promotion lose.
        cannibalisation: share of the added pieces that the rest of the category loses.
        season: amplitude of the log of demand of seasonal products.
        peak: day of the year with the most demand.
        price_changes: mean number per year.
        shelf_life_days: None = the products do not expire.
    """

    department: str
    name: str
    types: tuple[str, str]
    price: Positive
    elasticity: Annotated[float, Field(le=0.0)]
    uplift: Annotated[float, Field(ge=0.0)]
    pull_forward: Share
    cannibalisation: Share
    season: Annotated[float, Field(ge=0.0)]
    peak: Annotated[int, Field(ge=1, le=365)]
    price_changes: Annotated[float, Field(ge=0.0, le=7.0)]
    shelf_life_days: Annotated[int, Field(gt=0)] | None = None


class Channel(_Part):
    """Factors of demand by weekday, Monday first."""

    weekdays: Week


class Holiday(_Part):
    """Factors of demand from one month-day to another, both included."""

    first: Annotated[str, Field(alias="from", pattern=r"^\d\d-\d\d$")]
    last: Annotated[str, Field(alias="to", pattern=r"^\d\d-\d\d$")]
    store: Positive
    web: Positive


class Drift(_Part):
    """Deviation of the log of the level: of a week's step, and of a year's trend."""

    week: float
    year: float


class Offers(_Part):
    """Lengths, discounts and chances of promotions."""

    days: tuple[int, ...]
    discounts: tuple[Share, ...]
    announced_days: tuple[int, int]
    chance: Share
    one_channel: Share


class Safety(_Part):
    """A reorder point: factor of the expected demand, and standard deviations above it."""

    cover: Positive
    deviations: Annotated[float, Field(ge=0.0)]


class Supply(_Part):
    """Lead times, order days, packs and reorder points."""

    lead_time_days: Range
    lead_time_sd_share: Range
    order_days: tuple[str, ...]
    packs: tuple[int, ...]
    cover_days: Range
    safe: Safety
    scarce: Safety
    cost_share: Range


class Losses(_Part):
    """Chances per product, location and day."""

    write_off: Share
    uncounted: Share
    found_share: Share


class Assortment(_Part):
    """The whole configuration.

    Raises:
        ConfigurationError: the shares of the classes are not 1, or a class or channel is missing.
    """

    shares: Shares
    classes: dict[str, DemandClass]
    categories: tuple[Category, ...]
    channels: dict[str, Channel]
    holidays: tuple[Holiday, ...]
    drift: Drift
    promotions: Offers
    supply: Supply
    losses: Losses

    @model_validator(mode="after")
    def _check(self) -> Self:
        if tuple(self.classes) != CLASSES or tuple(self.channels) != CHANNELS:
            raise ValueError(f"expected the classes {CLASSES} and the channels {CHANNELS}")
        if abs(sum(entry.share for entry in self.classes.values()) - 1.0) > 1e-9:
            raise ValueError("the shares of the classes do not add up to 1")
        return self


@cache
def load(path: Path = FILE) -> Assortment:
    """Read the configuration.

    Raises:
        ConfigurationError: the file does not fit the model; names line, column and key.
    """
    return strict_yaml.read(path).validate(Assortment)
