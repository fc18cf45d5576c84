"""Says what a proposed exception must be, before the warehouse sees it. Pure.

The table `audit.policy_exceptions` has rules of its own. This module has the same rules with words
for a person, and those that the table cannot know: the rule exists, and the end lies ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import ValidationError

from features.platform.card_numbers import names_card_number
from features.platform.errors import ConfigurationError
from scoring.decision.policy import persons
from scoring.decision.policy.policy import Listing, Policy

#: An exception that lasts longer belongs into a policy file.
MOST_DAYS = 366
CLOCKS_DIFFER_BY = timedelta(minutes=5)


class Kind(StrEnum):
    """The kinds of exceptions."""

    ALLOW_LIST = "allow_list"
    SUPPRESSION = "suppression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An exception that a person proposes.

    Attributes:
        kind: an allow-list entry or a suppression.
        customer_id: its customer; None for a merchant.
        merchant_id: its merchant; None for a customer.
        rule_id: the rule that a suppression silences; None for an allow-list entry.
        effective_from: the first moment whose claims pin it.
        effective_until: the moment at which it ends, excluded.
        person: who proposes it.
        reason: in words.
    """

    kind: Kind
    customer_id: str | None = None
    merchant_id: str | None = None
    rule_id: str | None = None
    effective_from: datetime
    effective_until: datetime
    person: str
    reason: str


def require_sound(proposal: Proposal, policy: Policy, now: datetime) -> None:
    """Refuse an exception that cannot hold.

    Args:
        proposal: the exception.
        policy: the policy in force.
        now: the moment of the proposal.

    Raises:
        ConfigurationError: subject, rule, times or a text are unfit; says which, and what is fit.
    """
    for name, text in (("person", proposal.person), ("reason", proposal.reason)):
        persons.require_words(f"{name} of an exception", text)
    _require_listing(proposal)
    _require_rule(proposal, policy)
    _require_times(proposal, now)


def _require_listing(proposal: Proposal) -> None:
    if (proposal.customer_id is None) == (proposal.merchant_id is None):
        raise ConfigurationError("an exception names one customer or one merchant, and not both")
    if names_card_number(proposal.customer_id or proposal.merchant_id or ""):
        raise ConfigurationError(
            "the id passes as a full card number, and rows hold none: give the id of a customer or "
            "merchant"
        )
    try:
        Listing(
            customer_id=proposal.customer_id,
            merchant_id=proposal.merchant_id,
            until=proposal.effective_until,
            reason=proposal.reason,
        )
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise ConfigurationError(f"the exception cannot be matched with rows: {faults}") from None


def _require_rule(proposal: Proposal, policy: Policy) -> None:
    if proposal.kind is Kind.ALLOW_LIST:
        if proposal.rule_id is not None:
            raise ConfigurationError(
                "an allow-list entry names no rule: it lowers the outcome of every rule that is no "
                "knock-out; a suppression silences one rule"
            )
        return
    rules = {rule.rule_id: rule for rule in policy.every_rule}
    known = ", ".join(sorted(name for name, rule in rules.items() if not rule.is_knock_out))
    if proposal.rule_id is None:
        raise ConfigurationError(f"a suppression names the rule that it silences; one of: {known}")
    if proposal.rule_id not in rules:
        raise ConfigurationError(
            f"policy {policy.version} has no rule {proposal.rule_id[:80]!r}; a suppression names "
            f"one of: {known}"
        )
    if rules[proposal.rule_id].is_knock_out:
        raise ConfigurationError(
            f"rule {proposal.rule_id!r} of policy {policy.version} is a knock-out, which nobody "
            f"can silence; a suppression names one of: {known}"
        )


def _require_times(proposal: Proposal, now: datetime) -> None:
    start, end = proposal.effective_from, proposal.effective_until
    if end <= now:
        raise ConfigurationError(
            f"the end {end.isoformat()} is in the past: no decision would use the exception"
        )
    if start < now - CLOCKS_DIFFER_BY:
        raise ConfigurationError(
            f"the start {start.isoformat()} is in the past: an exception changes later runs only"
        )
    if end <= start:
        raise ConfigurationError(
            f"the end {end.isoformat()} is not after the start {start.isoformat()}"
        )
    if end - start > timedelta(days=MOST_DAYS):
        raise ConfigurationError(
            f"an exception lasts at most {MOST_DAYS} days, and this one would last "
            f"{(end - start).days}: renew it before its end, or write it into a policy"
        )
