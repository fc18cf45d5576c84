"""Declares feature views: the features that SQL computes, for models, gates and readers.

SQL computes features and this package declares their meaning; a contract test compares the two. The
suites' range checks, the order of a matrix' columns and the texts of reasons derive from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from features.platform.errors import ConfigurationError
from features.views.applications import application_features
from features.views.customer_nights import customer_night_features
from features.views.customers import customer_features
from features.views.declarations import Feature, Kind
from features.views.demand import demand_features
from features.views.stock import STOCK_ARRAYS, stock_features
from features.views.transactions import (
    EXACT_WINDOWS,
    WHOLE_DAY_WINDOWS,
    transaction_features,
)

__all__ = [
    "APPLICATIONS",
    "BUILT_AS",
    "CUSTOMERS",
    "CUSTOMER_NIGHTS",
    "DEMAND",
    "STOCK",
    "TRANSACTIONS",
    "VIEWS",
    "Feature",
    "FeatureView",
    "Kind",
]

#: The column of a row's version of its view; null in a row that was built as version 1.
BUILT_AS = "view_version"


@dataclass(frozen=True, slots=True)
class FeatureView:
    """A feature table: its key, its event time, and its features in a model's column order.

    A view only grows: a version appends features behind those of the version before, and no feature
    changes its meaning. So the first columns of a row are the row of each earlier version.

    Attributes:
        name: the name of the view.
        version: rises when features are appended; a row's column `view_version` has it.
        table: the feature table: one row per row version.
        versions: the relation of the row versions: a raw table, or a view over raw tables.
        entity: the column of the subject's id.
        event_time: the column of the event time.
        carried: the columns that are no features: keys, times, and columns for readers.
        features: in the order of a matrix' columns.
        used: the carried columns that a decision reads; the digest covers them behind the features.
        built_by: the dbt selector that builds the table; empty for the name of the view.
    """

    name: str
    version: int
    table: str
    versions: str
    entity: str
    event_time: str
    carried: tuple[str, ...]
    features: tuple[Feature, ...]
    used: tuple[str, ...] = ()
    built_by: str = ""

    def __post_init__(self) -> None:
        """Check that later versions append their features, and that used columns exist.

        Raises:
            ValueError: a feature precedes one of an earlier version, or is newer than the view; a
                used column is not carried.
        """
        versions = [feature.since for feature in self.features]
        if versions != sorted(versions) or max(versions, default=1) > self.version:
            raise ValueError(
                f"{self.qualified}: a version appends its features, and each has a version"
            )
        if unknown := sorted({*self.used} - {*self.carried}):
            raise ValueError(f"{self.qualified}: carries no columns {', '.join(unknown)}")
        if self.version > 1 and BUILT_AS not in self.carried:
            raise ValueError(
                f"{self.qualified}: a row needs {BUILT_AS}, the version of its columns"
            )

    @property
    def qualified(self) -> str:
        """The name with its version, which is stamped on runs and models."""
        return f"{self.name}@{self.version}"

    @property
    def selector(self) -> str:
        """The dbt selector that builds the table."""
        return self.built_by or f"{self.name.removesuffix('s')}_features"

    @property
    def columns(self) -> tuple[str, ...]:
        """The features' names, in the order of a matrix' columns."""
        return tuple(feature.name for feature in self.features)

    @property
    def label_free(self) -> tuple[Feature, ...]:
        """The features that use no labels."""
        return tuple(feature for feature in self.features if not feature.uses_labels)

    def at(self, version: int) -> FeatureView:
        """Return the view as it was at a version: its first features.

        Raises:
            ConfigurationError: there is no such version yet.
        """
        if not 1 <= version <= self.version:
            raise ConfigurationError(
                f"this release knows the versions 1 to {self.version} of the feature view "
                f"{self.name}, not {version}; install the release that knows it"
            )
        kept = tuple(feature for feature in self.features if feature.since <= version)
        return replace(self, version=version, features=kept)

    def pinned(self, qualified: str) -> FeatureView:
        """Return the view of a run, which pins a name with its version such as `transactions@1`.

        Raises:
            ConfigurationError: the run has another view, or a version that is not known yet.
        """
        name, _, version = qualified.partition("@")
        if name != self.name or not version.isdecimal():
            raise ConfigurationError(f"the run has the feature view {qualified}, not {self.name}")
        return self.at(int(version))

    def feature(self, name: str) -> Feature:
        """Return one feature by name.

        Raises:
            KeyError: there is no such feature.
        """
        for feature in self.features:
            if feature.name == name:
                return feature
        raise KeyError(f"{self.qualified} has no feature {name!r}")


TRANSACTIONS = FeatureView(
    name="transactions",
    version=2,
    table="marts.feat_transactions",
    versions="raw.transaction_versions",
    entity="transaction_id",
    event_time="occurred_at",
    carried=(
        "transaction_id",
        "version",
        "customer_id",
        "merchant_id",
        "occurred_at",
        "known_at",
        "delivery_seq",
        "is_history",
        BUILT_AS,
        "amount_base_minor",
        *(f"customer_priced_count_{window}" for window in (*EXACT_WINDOWS, *WHOLE_DAY_WINDOWS)),
    ),
    features=tuple(transaction_features()),
)

APPLICATIONS = FeatureView(
    name="applications",
    version=1,
    table="marts.feat_applications",
    versions="raw.applications",
    entity="application_id",
    event_time="applied_at",
    carried=(
        "application_id",
        "version",
        "customer_id",
        "applied_at",
        "known_at",
        "delivery_seq",
        "is_history",
        "requested_amount_minor",
        "currency_code",
        "requested_amount_base_minor",
        "annual_income_minor",
    ),
    features=tuple(application_features()),
)

CUSTOMER_NIGHTS = FeatureView(
    name="customer_nights",
    version=1,
    table="marts.feat_customer_nights",
    versions="raw.customer_nights",
    entity="customer_night_id",
    event_time="day_at",
    carried=(
        "customer_night_id",
        "version",
        "merchant_id",
        "customer_id",
        "day_at",
        "known_at",
        "delivery_seq",
        "is_history",
    ),
    features=tuple(customer_night_features()),
    built_by="customer_features",
)

#: Beside the features, JSON objects have the spending of each category. That of 90 days splits a
#: forecast.
CUSTOMERS = FeatureView(
    name="customers",
    version=1,
    table="marts.feat_customers",
    versions="raw.card_customer_nights",
    entity="card_customer_night_id",
    event_time="day_at",
    carried=(
        "card_customer_night_id",
        "version",
        "customer_id",
        "day_at",
        "known_at",
        "delivery_seq",
        "is_history",
        "category_spend_30d",
        "category_spend_90d",
    ),
    features=tuple(customer_features()),
    used=("category_spend_90d",),
    built_by="card_customer_features",
)

#: A series is a product of a merchant in a channel; a channel may be empty.
DEMAND = FeatureView(
    name="demand",
    version=1,
    table="marts.feat_demand",
    versions="raw.demand_nights",
    entity="demand_night_id",
    event_time="day_at",
    carried=(
        "demand_night_id",
        "version",
        "merchant_id",
        "product_id",
        "channel",
        "category",
        "department",
        "day_at",
        "known_at",
        "delivery_seq",
        "is_history",
    ),
    features=tuple(demand_features()),
)

#: The plan of a product also reads its places, deliveries under way and batches, which are arrays.
STOCK = FeatureView(
    name="stock",
    version=1,
    table="marts.feat_stock",
    versions="raw.stock_nights",
    entity="stock_night_id",
    event_time="day_at",
    carried=(
        "stock_night_id",
        "version",
        "merchant_id",
        "product_id",
        "category",
        "department",
        "day_at",
        "known_at",
        "delivery_seq",
        "is_history",
        *STOCK_ARRAYS,
    ),
    features=tuple(stock_features()),
    used=STOCK_ARRAYS,
)

#: Every feature view of the release.
VIEWS = (TRANSACTIONS, APPLICATIONS, CUSTOMER_NIGHTS, CUSTOMERS, DEMAND, STOCK)
