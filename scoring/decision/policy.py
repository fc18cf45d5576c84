"""The policy: a versioned file of thresholds, rules and lists, stamped on every decision.

A policy is data. Its hash is over the file's bytes, a run pins version and hash at its claim, and a
run refuses a policy that nobody approved.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.errors import ConfigurationError
from scoring.decision.rules import Condition, parse

FOLDER = Path(__file__).parent / "policies"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FraudThresholds(_Part):
    """Cut-offs of the fraud components; a score at a cut-off is already over it."""

    review: float = Field(gt=0, lt=1)
    decline: float = Field(gt=0, le=1)
    anomaly_review: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.review >= self.decline:
            raise ValueError("fraud.review must be below fraud.decline, or nothing is reviewed")
        return self


class Rule(_Part):
    """One rule: where its condition is true, the outcome is at least this strict."""

    rule_id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    outcome: Literal["review", "decline"]
    when: str
    is_knock_out: bool = False  # not even an allow-list lowers it
    analyst_text: str
    applicant_text: str


class Listing(_Part):
    """A customer or merchant that is treated otherwise until a moment, and why."""

    customer_id: str | None = None
    merchant_id: str | None = None
    until: AwareDatetime
    reason: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.customer_id is None) == (self.merchant_id is None):
            raise ValueError("a listing names exactly one customer_id or merchant_id")
        return self


class Suppression(Listing):
    """A rule that does not count for one customer or merchant until a moment."""

    rule_id: str


class Policy(_Part):
    """One policy version."""

    version: str = Field(pattern=r"^[0-9A-Za-z.-]{1,40}$")
    description: str
    fraud: FraudThresholds
    on_model_unavailable: Literal["wait", "degrade"] = "wait"
    rules: tuple[Rule, ...] = ()
    allow_list: tuple[Listing, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    sha256: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [rule.rule_id for rule in self.rules]
        if len(ids) != len(set(ids)):
            raise ValueError("two rules share one rule_id")
        unknown = {entry.rule_id for entry in self.suppressions} - set(ids)
        if unknown:
            raise ValueError(f"suppressions name unknown rules: {sorted(unknown)}")
        knock_outs = {rule.rule_id for rule in self.rules if rule.is_knock_out}
        if suppressed := knock_outs & {entry.rule_id for entry in self.suppressions}:
            raise ValueError(f"a knock-out cannot be suppressed: {sorted(suppressed)}")
        return self

    def conditions(self, declared: frozenset[str]) -> tuple[tuple[Rule, Condition], ...]:
        """Parse the rules' conditions against the columns that a row has.

        Raises:
            ConfigurationError: a condition is not one that rules may have.
        """
        return tuple((rule, parse(rule.when, declared)) for rule in self.rules)


def read(path: Path) -> Policy:
    """Read one policy file.

    Raises:
        ConfigurationError: the file is missing or is not a policy; names file and key.
    """
    try:
        content = path.read_bytes()
        return Policy(**yaml.safe_load(content), sha256=hashlib.sha256(content).hexdigest())
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise ConfigurationError(f"there is no policy {path.stem!r}; there are: {known}") from None
    except (ValidationError, TypeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path.name} is not a policy: {error}") from None


def load(version: str, sha256: str | None = None, folder: Path = FOLDER) -> Policy:
    """Load a policy by its version.

    Args:
        version: the file's stem.
        sha256: the pinned hash, where a run has pinned one.
        folder: where the policy files lie.

    Raises:
        ConfigurationError: missing, malformed, or not the bytes that were pinned.
    """
    policy = read(folder / f"{version}.yaml")
    if policy.version != version:
        raise ConfigurationError(f"{version}.yaml says that it is version {policy.version!r}")
    if sha256 is not None and policy.sha256 != sha256:
        raise ConfigurationError(
            f"policy {version} was edited after it was pinned: a change is a new file and version"
        )
    return policy


def in_force(listing: Listing, at: datetime) -> bool:
    """Tell whether a listing counts at a moment."""
    return at < listing.until
