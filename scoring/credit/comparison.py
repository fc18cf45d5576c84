"""Reads applications of closed vintages for the comparison of two credit models.

A vintage is all loans of one month and one term. It is closed when its slowest loan can no longer
turn bad, and a training learns from closed vintages alone. So the day on which its vintage is
closed decides whether a model has learnt from an application, whatever its term is.

Applications without an outcome are read too: declined, withdrawn, or granted as an exception. The
rows with an outcome are weighted for them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from features.platform import database
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from features.sources.source_set import source_set
from features.views import FeatureView
from scoring.credit import inputs
from scoring.models import ordered_rows
from scoring.models.challengers import Challenger
from scoring.models.labelled_rows import LabelledRows
from scoring.models.matured_rows import Knowledge, Matured, MaturedRows, Period

_KNOWLEDGE = """
select least(max(known_at), {now})
from marts.fct_application_labels
where known_at <= {now}
"""

# an application without an amount in the base currency is scored by no model
_QUERY = """
select
    features.application_id,
    features.customer_id,
    (extract(epoch from features.applied_at) * 1000000)::bigint as applied_us,
    known_outcome.is_default is not null as has_outcome,
    coalesce(known_outcome.is_default, false) as is_default,
    {columns}
from {table} as features
left join (
    select distinct on (application_id)
        application_id,
        is_default
    from marts.fct_application_labels
    where known_at <= {as_of} and not is_policy_exception
    order by application_id, known_at desc, provenance_rank, label_version desc
) as known_outcome on features.application_id = known_outcome.application_id
cross join lateral (
    select
        date_trunc('month', features.applied_at, 'UTC')
        + make_interval(months => 1 + features.term_months::int)
        + {lag} as closed_at
) as vintage
where
    vintage.closed_at >= {start}
    and vintage.closed_at < {end}
    and features.known_at <= {as_of}
    and features.requested_amount is not null
    and not exists (
        select 1
        from {table} as newer
        where
            newer.application_id = features.application_id
            and newer.version > features.version
            and newer.known_at <= {as_of}
    )
"""


def knowledge(connection: psycopg.Connection[Any], _: Settings, now: datetime) -> Knowledge:
    """Return the moment of the newest outcome at hand; `now` without any."""
    row = database.fetch_one(
        connection, "find the newest outcome", sql.SQL(_KNOWLEDGE).format(now=sql.Literal(now))
    )
    newest = row[0] or now
    return Knowledge(newest, newest)


def read(
    connection: psycopg.Connection[Any], view: FeatureView, period: Period, settings: Settings
) -> MaturedRows:
    """Read the applications whose vintages were closed in a period.

    Args:
        connection: as role `score`.
        view: the feature view; all of its columns are read.
        period: by the moment at which the vintage was closed.
        settings: name the sources.

    Raises:
        ConfigurationError: the sources deliver no outcomes of loans.
    """
    query = sql.SQL(_QUERY).format(
        columns=inputs.selected(view),
        table=sql.Identifier(*view.table.split(".")),
        start=sql.Literal(period.start),
        end=sql.Literal(period.end),
        as_of=sql.Literal(period.as_of),
        lag=sql.Literal(closing_lag(settings)),
    )
    types = {
        "application_id": pa.string(),
        "customer_id": pa.string(),
        "applied_us": pa.int64(),
        "has_outcome": pa.bool_(),
        "is_default": pa.bool_(),
        **inputs.types_of(view),
    }
    rows, places = ordered_rows.read(connection, query, types, ("applied_us", "application_id"))
    rows = rows.take(places)
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    applied_us = columns["applied_us"].to_numpy()
    return MaturedRows(
        inputs=LabelledRows(tuple(view.columns), inputs.matrix_of(columns, view.columns)),
        has_label=columns["has_outcome"].to_numpy(zero_copy_only=False),
        is_event=columns["is_default"].to_numpy(zero_copy_only=False),
        customer=columns["customer_id"],
        amount=np.maximum(columns["requested_amount"].to_numpy(), 0.0),
        happened_us=applied_us,
        segments={
            "term": _text(pc.cast(columns["term_months"], pa.int64())),
            "purpose": _text(columns["purpose_group"]),
            "vintage": applied_us.astype("datetime64[us]").astype("datetime64[M]").astype(str),
        },
    )


def learnt_until(challenger: Challenger) -> datetime | None:
    """Return the knowledge of a training: it has learnt from every vintage closed by then."""
    return challenger.label_as_of


def closing_lag(settings: Settings) -> timedelta:
    """Return the time after which a loan is closed, as the training takes it.

    Raises:
        ConfigurationError: the sources deliver no outcomes of loans.
    """
    outcomes = source_set(settings).of_feed("application_labels")
    if not outcomes:
        raise ConfigurationError(f"the sources {settings.sources!r} deliver no application_labels")
    return max(feed.charge_off_lag for feed in outcomes)


def _text(column: pa.Array) -> Any:  # noqa: ANN401 - an array of text
    text = pc.fill_null(pc.cast(column, pa.string()), "")
    return text.to_numpy(zero_copy_only=False)


MATURED = Matured(knowledge, learnt_until, read)
