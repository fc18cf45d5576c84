"""Keeps exceptions in `audit.policy_exceptions`: proposed by one person, approved by another.

The table is append-only, and each row is sealed. An exception is in force from the later of its
approval and its start, until its end or its withdrawal. Runs pin what is in force at their claim.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from features.platform import database
from features.platform.errors import ConfigurationError
from scoring.decision.policy import persons
from scoring.exceptions.proposal import Proposal
from scoring.exceptions.proposal_file import RejectedLine

Row = Mapping[str, Any]

_PROPOSE = """
    insert into audit.policy_exceptions (
        event_id, action, exception_id, kind, customer_id, merchant_id, rule_id, effective_from,
        effective_until, import_id, person, proposer, reason
    )
    select
        event_id, 'propose', event_id, kind, customer_id, merchant_id, rule_id, effective_from,
        effective_until, %(import_id)s, person, person, reason
    from jsonb_to_recordset(%(proposals)s::jsonb) as proposals (
        event_id uuid, kind text, customer_id text, merchant_id text, rule_id text,
        effective_from timestamptz, effective_until timestamptz, person text, reason text
    )
"""
_REJECT = """
    insert into audit.rejected_exceptions (import_id, line_number, content, reason)
    select %(import_id)s, line, content, reason
    from jsonb_to_recordset(%(rejected)s::jsonb) as rejected (
        line integer, content jsonb, reason text
    )
"""
_STATES = """
    select
        proposals.*,
        approvals.person as approver,
        approvals.recorded_at as approved_at,
        withdrawals.person as withdrawn_by,
        withdrawals.reason as withdrawn_because,
        withdrawals.recorded_at as withdrawn_at,
        case
            when withdrawals.event_id is not null then 'withdrawn'
            when proposals.effective_until <= clock_timestamp() then 'over'
            when approvals.event_id is null then 'proposed'
            when proposals.effective_from > clock_timestamp() then 'approved'
            else 'in force'
        end as state
    from audit.policy_exceptions as proposals
    left join audit.policy_exceptions as approvals
        on proposals.exception_id = approvals.exception_id and approvals.action = 'approve'
    left join audit.policy_exceptions as withdrawals
        on proposals.exception_id = withdrawals.exception_id and withdrawals.action = 'withdraw'
    where proposals.action = 'propose'
"""
_ACT = """
    insert into audit.policy_exceptions (
        event_id, action, exception_id, person, proposer, reason
    )
    select gen_random_uuid(), %(action)s, exception_id, %(person)s, proposer, %(reason)s
    from audit.policy_exceptions
    where action = 'propose' and exception_id = any(%(ids)s)
    returning event_id
"""
_SEAL = "select count(audit.seal('policy exception', event_id)) from unnest(%s::uuid[]) as event_id"
_UNSEEN = """
    select customers.customer_id
    from unnest(%s::text[]) as customers (customer_id)
    where
        not exists (
            select from raw.transactions where transactions.customer_id = customers.customer_id
        )
        and not exists (
            select from raw.applications where applications.customer_id = customers.customer_id
        )
    order by customers.customer_id
"""


def now(connection: psycopg.Connection[Any]) -> datetime:
    """Return the moment of the warehouse's clock, which dates every row."""
    moment: datetime
    (moment,) = database.fetch_one(connection, "read the clock", "select clock_timestamp()")
    return moment


def propose(
    connection: psycopg.Connection[Any],
    proposals: Sequence[Proposal],
    rejected: Sequence[RejectedLine] = (),
    import_id: UUID | None = None,
) -> list[UUID]:
    """Record sound proposals, and the refused lines of their file, all or none.

    Args:
        connection: of role `score`, in autocommit.
        proposals: which `require_sound` has passed.
        rejected: lines of the same file that are no exceptions.
        import_id: of the file; None for a single exception.

    Returns:
        The ids of the exceptions, in the order of the proposals.
    """
    ids = [uuid4() for _ in proposals]
    rows = [{"event_id": str(each), **asdict(p)} for each, p in zip(ids, proposals, strict=True)]
    values = {
        "import_id": import_id,
        "proposals": json.dumps(rows, default=_iso),
        "rejected": json.dumps([asdict(line) for line in rejected]),
    }
    with connection.transaction():
        connection.execute(_PROPOSE, values)
        if rejected:
            connection.execute(_REJECT, values)
        connection.execute(_SEAL, (ids,))
    return ids


def approve(
    connection: psycopg.Connection[Any], ids: Sequence[UUID], *, person: str, reason: str
) -> None:
    """Approve proposed exceptions, all or none; the next claims pin them.

    Args:
        connection: of role `score`, in autocommit.
        ids: of the exceptions.
        person: a person other than the one who proposed them.
        reason: in words.

    Raises:
        ConfigurationError: an exception is unknown, approved, withdrawn or over, it is the person's
            own, or a text is unfit.
    """
    _act(connection, "approve", ids, person=person, reason=reason)


def withdraw(
    connection: psycopg.Connection[Any], ids: Sequence[UUID], *, person: str, reason: str
) -> None:
    """Withdraw exceptions, all or none; later claims do not pin them. Past decisions stay.

    Args:
        connection: of role `score`, in autocommit.
        ids: of the exceptions.
        person: any person.
        reason: in words.

    Raises:
        ConfigurationError: an exception is unknown or withdrawn, or a text is unfit.
    """
    _act(connection, "withdraw", ids, person=person, reason=reason)


def _act(
    connection: psycopg.Connection[Any],
    action: str,
    ids: Sequence[UUID],
    *,
    person: str,
    reason: str,
) -> None:
    for name, text in (("person", person), ("reason", reason)):
        persons.require_words(f"{name} of an exception", text)
    values = {"action": action, "ids": list(ids), "person": person, "reason": reason}
    refused = (
        {"withdrawn"} if action == "withdraw" else {"withdrawn", "over", "approved", "in force"}
    )
    try:
        with connection.transaction():
            found = {row["exception_id"]: row for row in _states(connection, list(ids))}
            for exception_id in ids:
                if (row := found.get(exception_id)) is None:
                    raise ConfigurationError(
                        f"there is no exception {exception_id}: look its id up with `vesper "
                        "exceptions list --all`"
                    )
                if row["state"] in refused:
                    raise ConfigurationError(f"exception {exception_id} is {row['state']} already")
                if action == "approve":
                    _require_other(exception_id, row["proposer"], person)
            events = [row[0] for row in connection.execute(_ACT, values)]
            connection.execute(_SEAL, (events,))
    except psycopg.errors.UniqueViolation:
        raise ConfigurationError(
            "another person has decided about one of these exceptions meanwhile: look at `vesper "
            "exceptions list --all`"
        ) from None


def _require_other(exception_id: UUID, proposer: str, person: str) -> None:
    if persons.identity_of(proposer) == persons.identity_of(person):
        raise ConfigurationError(
            f"{person!r} cannot approve their own exception {exception_id}; a second person must"
        )


def of_import(connection: psycopg.Connection[Any], import_id: UUID) -> list[UUID]:
    """Return the exceptions of a file that still wait for an approval.

    Raises:
        ConfigurationError: no proposal of the file waits.
    """
    rows = database.fetch_all(
        connection,
        "look for the exceptions of a file",
        f"select exception_id from ({_STATES}) as states "  # noqa: S608 - ours
        "where import_id = %s and state = 'proposed' order by exception_id",
        (import_id,),
    )
    if not rows:
        raise ConfigurationError(
            f"no proposed exception is of the import {import_id}: look the import up with `vesper "
            "exceptions list --all`"
        )
    return [row[0] for row in rows]


def listing(
    connection: psycopg.Connection[Any], *, is_history: bool = False, limit: int = 50
) -> Sequence[Row]:
    """Return exceptions with their state, newest first.

    Args:
        connection: of role `score`.
        is_history: also those that are withdrawn or over.
        limit: how many at most.
    """
    return database.fetch_all(
        connection.cursor(row_factory=dict_row),
        "list the exceptions",
        f"select * from ({_STATES}) as states "  # noqa: S608 - ours
        "where %s or state not in ('withdrawn', 'over') "
        "order by recorded_at desc, exception_id limit %s",
        (is_history, limit),
    )


def unseen(connection: psycopg.Connection[Any], proposals: Sequence[Proposal]) -> list[str]:
    """Return the customers of proposals of whom no payment and no application is known."""
    names = sorted({each.customer_id for each in proposals if each.customer_id is not None})
    rows = database.fetch_all(connection, "look for customers", _UNSEEN, (names,))
    return [row[0] for row in rows]


def _states(connection: psycopg.Connection[Any], ids: Sequence[UUID]) -> Sequence[Row]:
    return database.fetch_all(
        connection.cursor(row_factory=dict_row),
        "read exceptions",
        f"{_STATES} and proposals.exception_id = any(%s)",
        (list(ids),),
    )


def _iso(value: Any) -> str:  # noqa: ANN401 - a moment
    return str(value.isoformat())
