"""Reads the exceptions that a run has pinned, and adds them to the lists of its policy. Pure.

An exception is an entry of an allow-list or a suppression that persons keep as data, so that it
needs no new policy. A run pins the digest of the whole list; the list itself is canonical text.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Self

from pydantic import ValidationError

from features.platform.errors import ConfigurationError
from scoring.decision.policy.policy import Listing, Policy, Suppression


class AllowListException(Listing):
    """An allow-list entry that is data; decisions name its id."""

    exception_id: str


class SuppressionException(Suppression):
    """A suppression that is data; decisions name its id."""

    exception_id: str


#: An entry that a decision names.
Named = AllowListException | SuppressionException


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The exceptions of one run.

    Attributes:
        allow_list: in the order of their ids.
        suppressions: in the order of their ids.
    """

    allow_list: tuple[AllowListException, ...] = ()
    suppressions: tuple[SuppressionException, ...] = ()

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Return the exceptions that were added to a policy."""
        return cls(
            tuple(each for each in policy.allow_list if isinstance(each, AllowListException)),
            tuple(each for each in policy.suppressions if isinstance(each, SuppressionException)),
        )

    def added_to(self, policy: Policy) -> Policy:
        """Return the policy with these exceptions behind its own lists.

        A suppression of a rule that the policy does not have, or has as a knock-out, is left out:
        the policy may be newer than the exception.
        """
        open_to_it = {rule.rule_id for rule in policy.every_rule if not rule.is_knock_out}
        suppressions = tuple(each for each in self.suppressions if each.rule_id in open_to_it)
        lists = {
            "allow_list": (*policy.allow_list, *self.allow_list),
            "suppressions": (*policy.suppressions, *suppressions),
        }
        return policy.model_copy(update=lists)


def read(entries: str, sha256: str) -> Exceptions:
    """Read the list that a run has pinned.

    Args:
        entries: the canonical list, JSON text.
        sha256: its digest in the row of the run.

    Raises:
        ConfigurationError: the list is not the one that was pinned, or is no list of exceptions.
    """
    if hashlib.sha256(entries.encode()).hexdigest() != sha256:
        raise ConfigurationError(
            f"the exceptions {sha256[:12]} were altered after a run pinned them: ask closure, and "
            "restore audit.exception_snapshots from a backup"
        )
    allow_list, suppressions = [], []
    try:
        for entry in json.loads(entries):
            kind = entry.pop("kind")
            if kind == "allow_list":
                allow_list.append(AllowListException.model_validate(entry))
            else:
                suppressions.append(SuppressionException.model_validate(entry))
    except (ValidationError, ValueError, KeyError, AttributeError) as error:
        raise ConfigurationError(
            f"the exceptions {sha256[:12]} are no list that this version of the code can read "
            f"({type(error).__name__}); replay them with the code that pinned them"
        ) from None
    return Exceptions(tuple(allow_list), tuple(suppressions))
