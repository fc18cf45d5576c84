"""Checks a policy before its approval, and again before a run decides with it.

A policy that cannot run is refused at its activation, not later in a run. The check parses every
rule over the columns and types of the rows and tries it on edge values. It also requires every
reason code that a notice needs.
"""

from __future__ import annotations

from features.platform.errors import ConfigurationError
from features.views import APPLICATIONS as VIEW
from scoring.decision.policy import reason_codes
from scoring.decision.policy.credit import CreditPolicy
from scoring.decision.policy.policy import Policy, parsed
from scoring.decision.rules import trials
from scoring.decision.rules.columns import APPLICATIONS, TRANSACTIONS, types_of


def require_approvable(policy: Policy) -> None:
    """Refuse a policy with a rule that cannot run or cannot be meant.

    Raises:
        ConfigurationError: the message names file, rule and reason, one line per fault.
    """
    faults = trials.faults_of(policy.rules, TRANSACTIONS)
    if policy.credit is not None:
        faults += trials.faults_of(policy.credit.rules, APPLICATIONS)
        faults += _code_faults(policy.credit)
    if faults:
        lines = "\n".join(f"{policy.version}.yaml: {fault}" for fault in faults)
        raise ConfigurationError(f"policy {policy.version} cannot be approved:\n{lines}")


def require_runnable(policy: Policy) -> None:
    """Refuse a policy that an earlier version of the code approved and this version cannot run.

    Raises:
        ConfigurationError: the message names the rules, the reasons and the next step.
    """
    faults = []
    try:
        policy.conditions(types_of(TRANSACTIONS))
    except ConfigurationError as error:
        faults.append(str(error))
    if policy.credit is not None:
        try:
            parsed(policy.credit.rules, types_of(APPLICATIONS))
        except ConfigurationError as error:
            faults.append(str(error))
        faults += _code_faults(policy.credit)
    if faults:
        lines = "\n".join(faults)
        raise ConfigurationError(
            f"policy {policy.version} was approved, and this version of the code cannot run it; "
            "nothing was claimed. Write a new version without these faults and approve it with "
            f"`vesper policy activate`:\n{lines}"
        )


def _code_faults(credit: CreditPolicy) -> list[str]:
    pin = credit.reason_codes
    try:
        codes = reason_codes.load(pin.version, pin.sha256)
    except ConfigurationError as error:
        return [f"credit.reason_codes: {error}"]
    characteristics = {feature.characteristic.replace(" ", "_") for feature in VIEW.features}
    missing = sorted((characteristics | set(reason_codes.REQUIRED)) - set(codes.codes))
    return [
        f"credit.reason_codes: the table {pin.version} has no code {code!r}" for code in missing
    ]
