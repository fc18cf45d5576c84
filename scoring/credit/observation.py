"""Observes what became of applications: the outcomes of loans of closed vintages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from features.platform.arrays import Flags
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from scoring.credit import applicant_groups, fairness
from scoring.credit.comparison import closing_lag, knowledge
from scoring.decision.observation import Impact, Labels, Observation

_JOIN = sql.SQL(
    """left join (
        select distinct on (application_id)
            application_id,
            is_default
        from marts.fct_application_labels
        where known_at <= {as_of} and not is_policy_exception
        order by application_id, known_at desc, provenance_rank, label_version desc
    ) as label on label.application_id = ledger.application_id"""
)
_IS_CLOSED = sql.SQL(
    """date_trunc('month', ledger.applied_at, 'UTC')
    + make_interval(months => 1 + features.term_months::int) + {lag} <= {as_of}"""
)


def labels(connection: psycopg.Connection[Any], settings: Settings) -> Labels:
    """Return the outcomes known now; a loan matures when its vintage is closed.

    Args:
        connection: as role `score`.
        settings: name the sources. Without a feed of outcomes nothing matures.
    """
    known = knowledge(connection, settings, datetime.now(UTC))
    as_of = sql.Literal(known.as_of)
    is_matured: sql.Composable
    try:
        is_matured = _IS_CLOSED.format(lag=sql.Literal(closing_lag(settings)), as_of=as_of)
    except ConfigurationError:
        is_matured = sql.SQL("false")
    return Labels(_JOIN.format(as_of=as_of), is_matured, sql.SQL("label.is_default"))


def impacts(is_approved: Flags, groups: Mapping[str, NDArray[np.object_]]) -> list[Impact]:
    """Measure the approvals of each group.

    Args:
        is_approved: [n] the decisions.
        groups: by attribute [n] the group; None if it was not delivered.
    """
    return [_impact(figures) for figures in fairness.report(is_approved, None, groups)]


def _impact(figures: fairness.GroupFigures) -> Impact:
    ratio = figures.adverse_impact_ratio
    return Impact(
        figures.attribute,
        figures.group,
        figures.rows,
        figures.approval_rate,
        (ratio.value, ratio.low, ratio.high) if ratio else None,
    )


OBSERVATION = Observation("default", labels, applicant_groups.read, impacts)
