"""Defines the value model: per merchant the purchase and amount models, or boosted trees. Pure.

Each merchant has parameters of its own, or those of all merchants together if its customers are too
few. A backtest decides per merchant whether the parameters or the trees serve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from features.platform.arrays import Codes, Flags, Floats
from scoring.value import amounts, boosting, purchases
from scoring.value.amounts import ValueModel
from scoring.value.purchases import PurchaseModel, Variant
from scoring.value.rows import HISTORY, HORIZONS, TARGETS, TrainingSet, of_matrix

VARIANT = Variant.MBG_NBD
#: The methods by their number in a model.
METHODS = ("mbg_nbd", "boosting")
#: A merchant with fewer customers, or fewer with a repeat purchase, uses the parameters of all.
LEAST_CUSTOMERS, LEAST_REPEATERS = 200, 50
#: More customers than these do not change the parameters; every k-th is taken.
MOST_CUSTOMERS = 50_000


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers for n customers; spend in major units of the base currency."""

    expected_purchases_30d: Floats
    expected_purchases_90d: Floats
    expected_spend_30d: Floats
    expected_spend_90d: Floats
    p_active: Floats

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the answers, in order."""
        return tuple(field.name for field in fields(cls))


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a merchant's customers."""

    purchases: PurchaseModel
    values: ValueModel


def expected(parameters: Parameters, history: Floats) -> Floats:
    """Return the expected purchases and spend of n customers: [n, 4], ordered as `TARGETS`.

    Args:
        parameters: of their merchant.
        history: [n, 4] the columns of `HISTORY`.
    """
    histories, values = of_matrix(history)
    # purchases are counted in days, so no horizon has more of them than days
    counts = [
        np.minimum(parameters.purchases.expected(histories, float(days)), days) for days in HORIZONS
    ]
    value = parameters.values.expected(values)
    return np.column_stack([*counts, *(count * value for count in counts)])


def parameters_of(snapshot: TrainingSet) -> Parameters:
    """Return the parameters that fit a snapshot of customers.

    Raises:
        ValueError: no customer has a repeat purchase.
    """
    step = max(1, -(-len(snapshot) // MOST_CUSTOMERS))
    taken = snapshot.take(slice(None, None, step))
    return Parameters(purchases.fit(taken.histories, VARIANT), amounts.fit(taken.values))


def own_parameters(snapshot: TrainingSet) -> dict[str, Parameters]:
    """Return the parameters of each merchant with enough customers, by merchant."""
    return {
        merchant: parameters_of(rows)
        for merchant in snapshot.merchants
        if has_enough(rows := snapshot.of_merchant(merchant))
    }


def has_enough(snapshot: TrainingSet) -> bool:
    """Whether a merchant's customers are enough for parameters of their own."""
    counted = snapshot.values.counted()
    return len(snapshot) >= LEAST_CUSTOMERS and len(counted) >= LEAST_REPEATERS


class CustomerValueModel(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """The expected purchases, the expected spend and the activity of customers.

    The matrix has the columns `features`, and behind them `MERCHANT`: the index of the row's
    merchant, NaN for a merchant without parameters of its own.

    Args:
        features: names of the columns; the columns of `HISTORY` are among them.
        merchants: ids of the merchants with parameters of their own, in the order of their index.
    """

    #: The attributes that `fit` sets; a model file must hold them all.
    FITTED: ClassVar[tuple[str, ...]] = ("purchases_", "values_", "methods_", "trees_")

    purchases_: Floats  # [merchants + 1, 4]; the last row is of all merchants together
    values_: Floats  # [merchants + 1, 3]
    methods_: NDArray[np.int64]  # [merchants + 1], index in METHODS
    trees_: list[object]  # by target; empty if no merchant needs them

    def __init__(
        self, features: Sequence[str] | None = None, merchants: Sequence[str] | None = None
    ) -> None:
        self.features = features
        self.merchants = merchants

    def fit(self, rows: TrainingSet, methods: Mapping[str, str]) -> Self:
        """Learn parameters from the newest snapshots, and trees from all closed snapshots.

        Args:
            rows: snapshots, with the columns `features`.
            methods: the method of each merchant that boosting serves or could have served.

        Raises:
            ValueError: no customer has a repeat purchase.
        """
        names = list(self.features or ())
        newest = rows.newest()
        own = own_parameters(newest)
        self.merchants = list(own)
        every = [*own.values(), parameters_of(newest)]
        self.purchases_ = np.array([part.purchases.parameters for part in every])
        self.values_ = np.array([part.values.parameters for part in every])
        chosen = [methods.get(merchant, METHODS[0]) for merchant in self.merchants]
        self.methods_ = np.array([*map(METHODS.index, chosen), 0], dtype=np.int64)
        self.n_features_in_ = len(names)
        learnt = rows.select(names)
        self.trees_ = boosting.fit(learnt, self.coded(rows.merchant)) if any(self.methods_) else []
        return self

    @property
    def names(self) -> list[str]:
        """Return the owners of the parameters, in their order: merchants, and all together."""
        return [*(self.merchants or ()), "all merchants together"]

    @property
    def without_dropout(self) -> list[str]:
        """Return the owners whose customers all count as active: no dropout shows."""
        parts = [self._parameters(place) for place in range(len(self.names))]
        return [
            name
            for name, part in zip(self.names, parts, strict=True)
            if not part.purchases.shows_dropout
        ]

    def coded(self, merchants: NDArray[np.object_]) -> Floats:
        """Return the index of each merchant in the model, NaN for a merchant without: [n]."""
        names = np.array(self.merchants or [""], dtype=object).astype(str)
        given = merchants.astype(str)
        place = np.minimum(np.searchsorted(names, given), len(names) - 1)
        is_known = (names[place] == given) & bool(self.merchants)
        return np.where(is_known, place, np.nan)

    def method_of(self, codes: Floats) -> Codes:
        """Return the index in `METHODS` of the method that values each row: [n]."""
        methods: Codes = self.methods_[self._places(codes)]
        return methods

    def parameters_of(self, code: Floats) -> Parameters:
        """Return the parameters that value a row with the index of a merchant: [1]."""
        return self._parameters(int(self._places(code)[0]))

    def score(self, X: Floats) -> Answers:  # noqa: N803 - scikit-learn's name
        """Return the answers for n rows; the result for a row does not depend on the others."""
        return Answers(*np.ascontiguousarray(self.predict(X).T))

    def predict(self, X: Floats) -> Floats:  # noqa: N803
        """Return the answers for n rows, in the order of `Answers`: [n, 5]."""
        check_is_fitted(self)
        matrix = np.ascontiguousarray(X, dtype=np.float64)
        if matrix.shape[1] != self.n_features_in_ + 1:
            raise ValueError(
                f"the matrix has {matrix.shape[1]} columns; the model reads "
                f"{self.n_features_in_} features and the index of the merchant"
            )
        places = self._places(matrix[:, -1])
        history = matrix[:, [list(self.features or ()).index(name) for name in HISTORY]]
        answers = np.full((len(matrix), len(TARGETS) + 1), np.nan)
        for place in np.unique(places):
            rows = places == place
            parameters = self._parameters(int(place))
            answers[rows, :-1] = expected(parameters, history[rows])
            answers[rows, -1] = parameters.purchases.active(of_matrix(history[rows])[0])
        is_boosted: Flags = self.methods_[places] == METHODS.index("boosting")
        if is_boosted.any():
            answers[is_boosted, :-1] = boosting.predict(self.trees_, matrix[is_boosted])
        return answers

    def _places(self, codes: Floats) -> Codes:
        last = len(self.methods_) - 1
        is_known = (codes >= 0) & (codes < last) & (codes == np.floor(codes))
        places: Codes = np.where(is_known, codes, last).astype(np.int64)
        return places

    def _parameters(self, place: int) -> Parameters:
        return Parameters(
            PurchaseModel(VARIANT, *self.purchases_[place].tolist()),
            ValueModel(*self.values_[place].tolist()),
        )
