"""Which policy is in force, and who answered for it: a run refuses one that nobody approved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from features.errors import ConfigurationError
from scoring.decision import policy
from scoring.decision.policy import Policy


def activate(
    connection: psycopg.Connection[Any],
    version: str,
    *,
    author: str,
    approver: str,
    reason: str,
    effective_from: datetime | None = None,
) -> Policy:
    """Record the approval of a policy version.

    Args:
        connection: of role `score`.
        version: the policy file's version.
        author: who wrote it.
        approver: who approved it; somebody else.
        reason: why it is put in force.
        effective_from: from when it decides; at once if None.

    Raises:
        ConfigurationError: the file is no policy, or author and approver are one person.
    """
    found = policy.load(version)
    if author.strip().casefold() == approver.strip().casefold():
        raise ConfigurationError(
            f"policy {version}: {approver!r} cannot approve their own policy; a second person must"
        )
    connection.execute(
        "insert into audit.policy_activations "
        "(policy_version, policy_sha256, effective_from, author, approver, reason) "
        "values (%s, %s, coalesce(%s, clock_timestamp()), %s, %s, %s)",
        (version, found.sha256, effective_from, author, approver, reason),
    )
    return found


def in_force(connection: psycopg.Connection[Any]) -> Policy:
    """Return the policy whose approval took effect last.

    Raises:
        ConfigurationError: nobody approved any policy, or the file is not what was approved.
    """
    row = connection.execute(
        "select policy_version, policy_sha256 from audit.policy_activations "
        "where effective_from <= clock_timestamp() "
        "order by effective_from desc, activated_at desc limit 1"
    ).fetchone()
    if row is None:
        raise ConfigurationError(
            "no policy is in force: approve one with `python -m scoring policy activate`"
        )
    return policy.load(*row)
