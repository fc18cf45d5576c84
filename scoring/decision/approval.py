"""What a policy must pass before it is approved, and before a run decides with it.

A policy that cannot run is refused at its activation, not by a run at night: every rule is parsed
over the columns and types that rows are decided with and tried on edge values, and the reason codes
that a notice needs are there.
"""

from __future__ import annotations

from features.errors import ConfigurationError
from features.views import APPLICATIONS as VIEW
from scoring.decision import application_reasons, policy, reason_codes, rule_trials
from scoring.decision.credit_policy import CreditPolicy
from scoring.decision.policy import Policy
from scoring.decision.rule_columns import APPLICATIONS, TRANSACTIONS, types_of


def require_approvable(found: Policy) -> None:
    """Refuse a policy whose rules cannot run or cannot be meant.

    Raises:
        ConfigurationError: names file, rule and reason, one line for each fault.
    """
    faults = rule_trials.faults_of(found.rules, TRANSACTIONS)
    if found.credit is not None:
        faults += rule_trials.faults_of(found.credit.rules, APPLICATIONS)
        faults += _code_faults(found.credit)
    if faults:
        lines = "\n".join(f"{found.version}.yaml: {fault}" for fault in faults)
        raise ConfigurationError(f"policy {found.version} cannot be approved:\n{lines}")


def require_runnable(found: Policy) -> None:
    """Refuse a policy that an earlier version of the code approved and this one cannot run.

    Raises:
        ConfigurationError: names the rules, the reasons and the next step.
    """
    faults = []
    try:
        found.conditions(types_of(TRANSACTIONS))
    except ConfigurationError as error:
        faults.append(str(error))
    if found.credit is not None:
        try:
            policy.parsed(found.credit.rules, types_of(APPLICATIONS))
        except ConfigurationError as error:
            faults.append(str(error))
        faults += _code_faults(found.credit)
    if faults:
        lines = "\n".join(faults)
        raise ConfigurationError(
            f"policy {found.version} was approved, and this version of the code cannot run it; "
            "nothing was claimed. Write a new version without these faults and approve it with "
            f"`python -m scoring policy activate`:\n{lines}"
        )


def _code_faults(credit: CreditPolicy) -> list[str]:
    pin = credit.reason_codes
    try:
        codes = reason_codes.load(pin.version, pin.sha256)
    except ConfigurationError as error:
        return [f"credit.reason_codes: {error}"]
    spoken = {feature.characteristic.replace(" ", "_") for feature in VIEW.features}
    missing = sorted((spoken | set(application_reasons.CODES)) - set(codes.codes))
    return [
        f"credit.reason_codes: the table {pin.version} has no code {code!r}" for code in missing
    ]
