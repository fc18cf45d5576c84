"""The table of reason codes for applicants: versioned, hashed, and pinned by the policy."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from features.platform import strict_yaml
from features.platform.errors import ConfigurationError
from scoring.decision.outcome import Binding, FraudState, Status
from scoring.decision.policy.part import Line, PolicyPart

FOLDER = Path(__file__).resolve().parents[1] / "reason_codes"
#: The bounds of a limit that are reasons. The model's own reasons explain an expected loss.
BOUNDS = (Binding.AFFORDABILITY, Binding.AFFORDABILITY_UNKNOWN, Binding.MINIMUM)
#: The states of an applicant's card transactions that are reasons.
FRAUD_STATES = (FraudState.SUSPECTED, FraudState.DECLINED, FraudState.CONFIRMED)
#: The codes of a table, apart from the characteristics of the model's features.
REQUIRED = (
    *(status.value for status in Status if status is not Status.OK),
    *(bound.word for bound in BOUNDS),
    *(f"fraud_{state}" for state in FRAUD_STATES),
)


class ReasonText(PolicyPart):
    """What a code says; a characteristic's analyst text is its feature's own."""

    applicant_text: Line
    analyst_text: str = ""


class ReasonCodes(PolicyPart):
    """One version of the table."""

    version: str
    codes: dict[str, ReasonText]

    def __getitem__(self, code: str) -> ReasonText:
        """Return what a code says.

        Raises:
            ConfigurationError: the table has no such code.
        """
        if code not in self.codes:
            raise ConfigurationError(
                f"the table of reason codes {self.version} has no code {code!r}: nobody may be "
                "declined for what the notice cannot say; add it in a new version"
            )
        return self.codes[code]


@cache
def load(version: str, sha256: str, folder: Path = FOLDER) -> ReasonCodes:
    """Load a table of reason codes.

    Args:
        version: the file's stem.
        sha256: of its bytes, as the policy pins it.
        folder: where the tables lie.

    Raises:
        ConfigurationError: missing, malformed, or not the bytes that were pinned.
    """
    try:
        document = strict_yaml.read(folder / f"{version}.yaml")
    except FileNotFoundError:
        raise ConfigurationError(f"there is no table of reason codes {version!r}") from None
    table = document.validate(ReasonCodes)
    if document.sha256 != sha256:
        raise ConfigurationError(
            f"the table of reason codes {version} is not the one that the policy pins: a change is "
            "a new file and version"
        )
    if table.version != version:
        raise ConfigurationError(f"{document.name} says that it is version {table.version!r}")
    return table
