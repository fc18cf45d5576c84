"""Declare how a domain observes the outcomes of its decided rows: matured, labelled, or neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from features.platform.arrays import Flags
from features.platform.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Groups = Mapping[str, NDArray[np.object_]]


@dataclass(frozen=True, slots=True)
class Labels:
    """The SQL of the labels beside the tables `ledger` and `features` of a query.

    Attributes:
        join: joins the labels; at most one per row.
        is_matured: a condition: the outcome of the row can be known.
        is_event: true for fraud or default, false, or null without a label.
    """

    join: sql.Composable
    is_matured: sql.Composable
    is_event: sql.Composable


@dataclass(frozen=True, slots=True)
class Impact:
    """One group of applicants before and after: its rows, approval rate and ratio.

    Attributes:
        attribute: such as `sex`.
        group: such as `female`.
        rows: decisions of the group.
        approval_rate: of these decisions.
        ratio: adverse impact ratio with its 95 % interval; None of the reference and of a group
            that is too small.
    """

    attribute: str
    group: str
    rows: int
    approval_rate: float
    ratio: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Observation:
    """How a domain observes what became of its rows.

    Attributes:
        event: the word for an outcome that a policy should avoid.
        labels: returns the labels known now.
        groups: reads the groups of subjects by attribute, in their order; None where the domain
            holds no protected attributes.
        impacts: measures the approvals of each group.
    """

    event: str
    labels: Callable[[psycopg.Connection[Any], Settings], Labels]
    groups: Callable[[Sequence[str], Settings], Groups] | None = None
    impacts: Callable[[Flags, Groups], list[Impact]] | None = None
