"""Loads the table of reason codes for applicants, which the policy pins by version and hash."""

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
    """The texts of a code; a characteristic takes its analyst text from its feature."""

    applicant_text: Line
    analyst_text: str = ""


class ReasonCodes(PolicyPart):
    """One version of the table."""

    version: str
    codes: dict[str, ReasonText]

    def __getitem__(self, code: str) -> ReasonText:
        """Return the texts of a code.

        Raises:
            ConfigurationError: the table has no such code.
        """
        if code not in self.codes:
            raise ConfigurationError(
                f"the table of reason codes {self.version} has no code {code!r}, so a "
                "notice could not name this reason; add the code in a new version"
            )
        return self.codes[code]


@cache
def load(version: str, sha256: str, folder: Path = FOLDER) -> ReasonCodes:
    """Load a table of reason codes.

    Args:
        version: the file's stem.
        sha256: the hash of the file's bytes, from the policy.
        folder: the folder of the tables.

    Raises:
        ConfigurationError: the table is missing, malformed, or differs from the pinned bytes.
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
