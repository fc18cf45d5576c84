"""Hold matured rows for two models to score, and name how a domain reads them. Pure.

Each domain orders its rows by the moment that decides whether a model has learnt from them: fraud
by the transaction, credit by the day on which a vintage is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from features.platform.arrays import Codes, Flags, Floats
from features.views import FeatureView
from scoring.models.compared import Labels
from scoring.models.labelled_rows import LabelledRows

if TYPE_CHECKING:
    import psycopg

    from features.platform.settings import Settings
    from scoring.models.challengers import Challenger


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The labels at hand.

    Attributes:
        as_of: the newest knowledge; later labels are ignored.
        matured_until: the rows before this moment have matured.
    """

    as_of: datetime
    matured_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The rows to read: `[start, end)`, with the labels known at `as_of`."""

    start: datetime
    end: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturedRows:
    """n matured rows.

    Attributes:
        inputs: the columns of the feature view.
        has_label: [n]; a row without a label was left out by a selection, such as a declined loan.
        is_event: [n] fraud or default; false without a label.
        customer: [n] the customer's id.
        amount: [n] major units of the base currency.
        happened_us: [n] the event time in microseconds since 1970.
        segments: [n] labels by the name of the division.
    """

    inputs: LabelledRows
    has_label: Flags
    is_event: Flags
    customer: pa.Array
    amount: Floats
    happened_us: Codes
    segments: Mapping[str, Labels]

    def __len__(self) -> int:
        return len(self.is_event)


@dataclass(frozen=True, slots=True)
class Matured:
    """How a domain reads the rows on which two models are compared.

    Attributes:
        knowledge: returns the labels at hand, at most at a moment.
        learnt_until: returns the moment of the newest row that a model knows; None if the record of
            its training does not say.
        read: reads the rows of a period that has matured.
    """

    knowledge: Callable[[psycopg.Connection[Any], Settings, datetime], Knowledge]
    learnt_until: Callable[[Challenger], datetime | None]
    read: Callable[[psycopg.Connection[Any], FeatureView, Period, Settings], MaturedRows]
