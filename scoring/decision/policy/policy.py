"""Reads the policy: a versioned file of thresholds, rules and lists, stamped on every decision.

A policy is data. Its hash covers the file's bytes. A run pins version and hash at its claim, and
refuses a policy without an approval.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from features.platform import strict_yaml
from features.platform.errors import ConfigurationError
from features.platform.yaml_document import Moment
from scoring.decision.policy.credit import CreditPolicy
from scoring.decision.policy.part import (
    Identifier,
    Line,
    PolicyPart,
    Rule,
    require_unique_rules,
)
from scoring.decision.policy.review import FraudCosts, ReviewTeam
from scoring.decision.policy.split import Split
from scoring.decision.policy.stock import StockPolicy
from scoring.decision.rules.rules import Condition, Types, parse

__all__ = [
    "FraudThresholds",
    "Listing",
    "Policy",
    "Rule",
    "Suppression",
    "load",
    "newest",
    "read",
    "versions",
]

FOLDER = Path(__file__).resolve().parents[1] / "policies"
VERSION = r"^[0-9A-Za-z.-]{1,40}$"


class FraudThresholds(PolicyPart):
    """Cut-offs of the fraud components; a score equal to a cut-off exceeds it."""

    review: float = Field(gt=0, lt=1)
    decline: float = Field(gt=0, le=1)
    anomaly_review: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.review >= self.decline:
            raise ValueError("fraud.review must be below fraud.decline, or nothing is reviewed")
        return self


class Listing(PolicyPart):
    """A customer or merchant with an exception until a moment, and the reason."""

    customer_id: Identifier | None = None
    merchant_id: Identifier | None = None
    until: Moment
    reason: Line

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.customer_id is None) == (self.merchant_id is None):
            raise ValueError("a listing names exactly one customer_id or merchant_id")
        return self


class Suppression(Listing):
    """A rule that is off for one customer or merchant until a moment."""

    rule_id: str


class Policy(PolicyPart):
    """One policy version."""

    version: str = Field(pattern=VERSION)
    description: Line
    fraud: FraudThresholds
    on_model_unavailable: Literal["wait", "degrade"] = "wait"
    rules: tuple[Rule, ...] = ()
    allow_list: tuple[Listing, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    costs: FraudCosts | None = None
    review_team: ReviewTeam | None = None
    credit: CreditPolicy | None = None  # the first policies have no credit part
    stock: StockPolicy | None = None  # policies before 2026.12.2 plan no stock
    splits: tuple[Split, ...] = ()
    sha256: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        require_unique_rules(self.every_rule)
        unknown = {entry.rule_id for entry in self.suppressions} - {
            rule.rule_id for rule in self.every_rule
        }
        if unknown:
            raise ValueError(f"suppressions name unknown rules: {sorted(unknown)}")
        knock_outs = {rule.rule_id for rule in self.every_rule if rule.is_knock_out}
        if suppressed := knock_outs & {entry.rule_id for entry in self.suppressions}:
            raise ValueError(f"a knock-out cannot be suppressed: {sorted(suppressed)}")
        split_models = [split.model for split in self.splits]
        if len(split_models) != len(set(split_models)):
            raise ValueError("splits: a model has at most one split")
        return self

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """The rules of transactions and of applications."""
        return (*self.rules, *(self.credit.rules if self.credit else ()))

    def split_of(self, model: str) -> Split | None:
        """Return the split between champion and challenger of a model, or None."""
        return next((split for split in self.splits if split.model == model), None)

    def require_credit(self) -> CreditPolicy:
        """Return the credit part.

        Raises:
            ConfigurationError: this version has no credit part.
        """
        if self.credit is None:
            raise ConfigurationError(
                f"policy {self.version} decides no applications: it has no part `credit`; approve "
                "a version that has one with `vesper policy activate`"
            )
        return self.credit

    def require_stock(self) -> StockPolicy:
        """Return the stock part.

        Raises:
            ConfigurationError: this version has no stock part.
        """
        if self.stock is None:
            raise ConfigurationError(
                f"policy {self.version} plans no stock: it has no part `stock`; approve a version "
                "that has one with `vesper policy activate`"
            )
        return self.stock

    def conditions(self, types: Types) -> Conditions:
        """Parse the conditions of the rules of transactions over the columns of a row.

        Raises:
            ConfigurationError: a condition is outside the grammar of rules.
        """
        return parsed(self.rules, types)


Conditions = Sequence[tuple[Rule, Condition]]


def parsed(rules: Sequence[Rule], types: Types) -> Conditions:
    """Parse the conditions of rules over the columns of a row.

    Raises:
        ConfigurationError: a condition is outside the grammar of rules; the message names its rule.
    """
    conditions, faults = [], []
    for rule in rules:
        try:
            conditions.append((rule, parse(rule.when, types)))
        except ConfigurationError as error:
            faults.append(f"rule {rule.rule_id}: {error}")
    if faults:
        raise ConfigurationError("\n".join(faults))
    return tuple(conditions)


def read(path: Path) -> Policy:
    """Read one policy file.

    Raises:
        ConfigurationError: the file is missing or is not a policy; names file, line and key.
    """
    try:
        document = strict_yaml.read(path)
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise ConfigurationError(f"there is no policy {path.stem!r}; there are: {known}") from None
    if "sha256" in document.content:
        raise ConfigurationError(f"{path.name}: sha256: a policy does not state its own hash")
    stated = {**document.content, "sha256": document.sha256}
    return document.validate(Policy, stated)


def load(version: str, sha256: str | None = None, folder: Path = FOLDER) -> Policy:
    """Load a policy by its version.

    Args:
        version: the file's stem.
        sha256: the hash that a run pinned, if any.
        folder: the folder of the policy files.

    Raises:
        ConfigurationError: the file is missing, malformed, or differs from the pinned bytes.
    """
    if not re.fullmatch(VERSION, version):
        raise ConfigurationError(
            f"{version!r} is no version of a policy: give the file name without folder and .yaml"
        )
    policy = read(folder / f"{version}.yaml")
    if policy.version != version:
        raise ConfigurationError(f"{version}.yaml says that it is version {policy.version!r}")
    if sha256 is not None and policy.sha256 != sha256:
        raise ConfigurationError(
            f"policy {version} was edited after it was pinned: a change is a new file and version"
        )
    return policy


def versions(folder: Path = FOLDER) -> list[str]:
    """Return the versions of a folder from the oldest to the newest: 2026.2.1 before 2026.12.1."""
    return sorted((path.stem for path in folder.glob("*.yaml")), key=_order)


def newest(folder: Path = FOLDER) -> Policy:
    """Load the policy of the newest version.

    Raises:
        ConfigurationError: the folder holds no policy, or the newest one is malformed.
    """
    known = versions(folder)
    if not known:
        raise ConfigurationError(f"{folder} holds no policy")
    return load(known[-1], folder=folder)


def _order(version: str) -> list[tuple[int, int, str]]:
    """Return the key of a version: numbers compare as numbers, and before words."""
    parts = re.split(r"[.-]", version)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
