"""Protected attributes of applicants: never features, read by the fairness report alone.

Each delivery adds rows, and the newest delivery of an application holds. Admission does not compare
the content: it asks only whether a newer delivery has a row of the application.
"""

from __future__ import annotations

from features.feeds.admissions import Reference
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import APPLICATION_SCORING

APPLICANT_ATTRIBUTES = Feed(
    name="applicant_attributes",
    table="protected.applicant_attributes",
    columns=(
        column("application_id", ColumnKind.ID, required=True, key=True),
        column("sex"),
        column("age", ColumnKind.COUNT),
        column("marital_status"),
        column("nationality"),
    ),
    admission=Reference(
        fresh="""
            create temporary table fresh on commit drop as
            select
                landed.*,
                %(known_at)s::timestamptz as known_at,
                exists (
                    select
                    from protected.applicant_attributes as attributes
                    where
                        attributes.application_id = landed.application_id
                        and attributes.delivery_seq = any(%(newer)s::bigint[])
                ) as is_outdated
            from {table} as landed
        """,
        insert="""
            insert into protected.applicant_attributes (
                application_id, delivery_seq, sex, age, marital_status, nationality, known_at,
                source, delivery_id
            )
            select
                application_id, %(delivery_seq)s, sex, age, marital_status, nationality, known_at,
                %(source)s, %(delivery_id)s
            from fresh
        """,
    ),
    read_by=(APPLICATION_SCORING,),
    is_protected=True,
)
