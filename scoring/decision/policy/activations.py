"""Records the approvals of policies and returns the policy in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from features.platform import database, seals
from features.platform.card_numbers import names_card_number
from features.platform.errors import ConfigurationError
from scoring.decision.policy import approval, persons, policy
from scoring.decision.policy.policy import Policy

CLOCKS_DIFFER_BY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Basis:
    """The simulations that an approval rests on.

    Attributes:
        simulations: id, job and digest of the report of each.
        without_simulation: why one is missing; None if none is.
    """

    simulations: Sequence[Mapping[str, str]] = field(default_factory=list)
    without_simulation: str | None = None


def activate(  # noqa: PLR0913 - an approval has this many parts
    connection: psycopg.Connection[Any],
    version: str,
    *,
    author: str,
    approver: str,
    reason: str,
    effective_from: datetime | None = None,
    basis: Basis | None = None,
) -> Policy:
    """Record the approval of a policy version.

    Args:
        connection: of role `score`.
        version: the policy file's version.
        author: the writer of the policy.
        approver: another person, who approves the policy.
        reason: the reason for the approval.
        effective_from: the start of its validity, not in the past; now if None.
        basis: its simulations, which `scoring.simulation.activation` looks up.

    Raises:
        ConfigurationError: the file is not a policy, the policy cannot run, author and approver
            are one person, or the reason is empty.
    """
    persons.require_two(author, approver)
    basis = basis or Basis()
    without = basis.without_simulation
    for role, words in (
        ("author", author),
        ("approver", approver),
        ("reason", reason),
        ("the reason for no simulation", without or ""),
    ):
        if names_card_number(words):
            raise ConfigurationError(f"{role} holds what passes as a full card number; take it out")
    if not persons.is_text(reason) or not persons.identity_of(reason):
        raise ConfigurationError(f"policy {version}: state in words why it is put in force")
    if without is not None and not (persons.is_text(without) and persons.identity_of(without)):
        raise ConfigurationError(f"policy {version}: state in words why it needs no simulation")
    if effective_from is not None and effective_from < datetime.now(UTC) - CLOCKS_DIFFER_BY:
        raise ConfigurationError(
            f"policy {version}: effective_from lies in the past, and an approval cannot cover past "
            "decisions; leave it out to put the policy in force at once"
        )
    candidate = policy.load(version)
    approval.require_approvable(candidate)
    activation_id = uuid4()
    with connection.transaction():
        connection.execute(
            "insert into audit.policy_activations (activation_id, policy_version, policy_sha256, "
            "effective_from, author, approver, reason, simulations, without_simulation) "
            "values (%s, %s, %s, coalesce(%s, clock_timestamp()), %s, %s, %s, %s, %s)",
            (
                activation_id,
                version,
                candidate.sha256,
                effective_from,
                author,
                approver,
                reason,
                Jsonb(list(basis.simulations)) if basis.simulations else None,
                without,
            ),
        )
        seals.seal(connection, "policy", activation_id)
    return candidate


def in_force(connection: psycopg.Connection[Any]) -> Policy:
    """Return the policy with the latest effective approval.

    Raises:
        ConfigurationError: no policy is approved, or the file differs from the approved one.
    """
    row = database.fetch_optional(
        connection,
        "read the policy in force",
        "select policy_version, policy_sha256 from audit.policy_activations "
        "where effective_from <= clock_timestamp() "
        "order by effective_from desc, activated_at desc limit 1",
    )
    if row is None:
        raise ConfigurationError("no policy is in force: approve one with `vesper policy activate`")
    return policy.load(*row)
