"""Declares the features of a product in a channel on one night, in the order of a matrix.

A night describes a UTC day D, known whole. The units of a day are the pieces sold less the pieces
cancelled, at least 0. The look-back is the 420 days that end with D; it holds the same days a year
ago, and eight weeks before them. A feature of n days covers the n days that end with D, from the
first day with units on. Means are per observed day: a day with a shortage of stock is missing,
because its units say nothing about demand. A feature is null where nothing is observed.
"""

from __future__ import annotations

from collections.abc import Iterator

from features.views.declarations import Feature, amount, count, flag, number, ratio, share

#: Days of sales that a night reads, its own day included; dbt's macro `demand_days` is the same.
LOOK_BACK_DAYS = 420

_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_GROUPS = (("category", "the category"), ("merchant", "the merchant"))
_WINDOWS = (
    ("units_28", "28 days"),
    ("units_364", "364 days"),
    ("year_ago_28", "the 28 days that ended 336 days before the night"),
    ("year_ago_56", "the 56 days that ended 364 days before the night"),
)


def demand_features() -> Iterator[Feature]:
    """Yield every feature of the demand view."""
    yield from _times()
    yield from _levels()
    yield from _weekdays()
    yield from _intermittence()
    yield from _year_ago()
    yield from _groups()
    yield from _prices()
    yield from _promotions_ahead()


def _units(name: str, characteristic: str, text: str, buyer: str) -> Feature:
    """Declare units per day, at least 0."""
    return number(name, characteristic, text, buyer, 0, None)


def _times() -> Iterator[Feature]:
    yield count(
        "night_day", "time of the year", "Days from 1970-01-01 to the day", "The time of the year"
    )
    yield count(
        "age_days", "age of the series",
        "Days from the first day with units in the look-back to the day",
        "The time since the first sale",
    )  # fmt: skip
    yield count(
        "days_since_sale", "time since the last sale",
        "Days from the last day with units to the day", "The time since the last sale",
    )  # fmt: skip
    for days in (56, 364):
        yield count(
            f"observed_days_{days}", "availability",
            f"Days without a shortage of stock in {days} days", "The days with stock",
        )  # fmt: skip
    yield share(
        "out_share_56", "availability", "Share of 56 days without stock", "The days without stock"
    )
    yield share(
        "partial_share_56", "availability",
        "Share of 56 days on which stock ran out or came back",
        "The days on which stock ran out",
    )  # fmt: skip
    yield flag(
        "is_stock_known", "availability", "A count of stock in the look-back is known",
        "The knowledge of your stock", required=True,
    )  # fmt: skip


def _levels() -> Iterator[Feature]:
    for days in (7, 28, 56, 91, 364):
        yield _units(
            f"units_{days}", "level of demand", f"Mean units of {days} days", "The usual sales"
        )
    for name, text in (
        ("median_28", "Median units of 28 days"),
        ("median_56", "Median units of 56 days"),
        ("low_56", "10 % quantile of the units of 56 days"),
        ("high_56", "90 % quantile of the units of 56 days"),
        ("week_median_8", "Median of the mean units of 8 whole weeks"),
        ("level_10", "Exponential mean of the units, smoothing 0.1"),
        ("level_30", "Exponential mean of the units, smoothing 0.3"),
        ("log_level_10", "Exponential mean of ln(1 + units), smoothing 0.1"),
        ("log_level_30", "Exponential mean of ln(1 + units), smoothing 0.3"),
        ("week_log_level_30", "Exponential mean of ln(1 + mean units of a week), smoothing 0.3"),
    ):
        yield _units(name, "level of demand", text, "The usual sales")
    yield number(
        "slope_56", "trend of demand", "Least-squares change of the units per day, of 56 days",
        "The trend of the sales",
    )  # fmt: skip


def _weekdays() -> Iterator[Feature]:
    for place, weekday in enumerate(_WEEKDAYS):
        yield _units(
            f"weekday_{place}", "days of the week", f"Mean units of {weekday} in 56 days",
            "The days of the week",
        )  # fmt: skip
    for place, weekday in enumerate(_WEEKDAYS):
        yield _units(
            f"newest_weekday_{place}", "days of the week", f"Units of the newest of {weekday}",
            "The days of the week",
        )  # fmt: skip


def _intermittence() -> Iterator[Feature]:
    yield number(
        "adi_364", "pattern of demand", "Observed days per day with units, of 364 days",
        "How regularly it sells", 1, None,
    )  # fmt: skip
    yield _units(
        "cv2_364", "pattern of demand",
        "Squared coefficient of variation of the units of days with units, of 364 days",
        "How even the sales are",
    )  # fmt: skip
    yield share(
        "zero_share_28", "pattern of demand", "Share of days without units in 28 days",
        "The days without a sale",
    )  # fmt: skip
    yield share(
        "tsb_probability_10", "pattern of demand",
        "Exponential share of days with units, smoothing 0.1", "How regularly it sells",
    )  # fmt: skip
    yield _units(
        "tsb_size_10", "pattern of demand",
        "Exponential mean of the units of days with units, smoothing 0.1",
        "The units of a day with sales",
    )  # fmt: skip
    yield _units(
        "croston_interval_10", "pattern of demand",
        "Exponential mean of the observed days between days with units, smoothing 0.1",
        "How regularly it sells",
    )  # fmt: skip


def _year_ago() -> Iterator[Feature]:
    for name, text in _WINDOWS[2:]:
        yield _units(name, "season", f"Mean units of {text}", "The sales a year ago")


def _groups() -> Iterator[Feature]:
    for group, text in _GROUPS:
        for name, window in _WINDOWS:
            characteristic = "season" if name.startswith("year_ago") else f"demand of {text}"
            yield _units(
                f"{group}_{name}", characteristic,
                f"Units of {text} per day, of {window}", f"The sales of {text}",
            )  # fmt: skip
    yield count(
        "category_series_28", "demand of the category",
        "Series of the category with units in 28 days", "The products of the category",
    )  # fmt: skip


def _prices() -> Iterator[Feature]:
    yield amount("price", "price", "Newest net price of a piece sold", "The price")
    yield ratio(
        "price_ratio_91", "price", "Price over the mean net price of a piece of 91 days",
        "The change of the price",
    )  # fmt: skip
    yield share(
        "promoted_share_56", "promotions", "Share of days with a promotion in 56 days",
        "Your promotions",
    )  # fmt: skip
    yield ratio(
        "promoted_lift_364", "promotions",
        "Mean units of days with a promotion over those of other days, of 364 days",
        "The effect of your promotions",
    )  # fmt: skip


def _promotions_ahead() -> Iterator[Feature]:
    for place, text in ((1, "next known promotion"), (2, "promotion after it")):
        for part in ("first", "last"):
            yield count(
                f"promotion_{place}_{part}", "promotions ahead",
                f"Days from the day to the {part} day of the {text}, at most 28",
                "Your promotions ahead", required=False,
            )  # fmt: skip
        yield number(
            f"promotion_{place}_discount", "promotions ahead",
            f"Discount of the {text} on the mean price outside of promotions",
            "Your promotions ahead", None, 1,
        )  # fmt: skip
