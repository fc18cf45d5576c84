"""What a command that measures leaves behind: its checks, and the file that holds them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from features.platform import code_version
from features.platform.settings import Settings

Bar = float | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Check:
    """A measured value and whether it holds its bar; without a bar it only informs."""

    name: str
    value: float
    bar: Bar | None

    @property
    def holds(self) -> bool:
        """Whether the value reaches its bar, or lies between both bounds."""
        if self.bar is None:
            return True
        if isinstance(self.bar, tuple):
            return self.bar[0] <= self.value <= self.bar[1]
        return self.value >= self.bar

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        bar = list(self.bar) if isinstance(self.bar, tuple) else self.bar
        return {"name": self.name, "value": self.value, "bar": bar, "holds": self.holds}


def write(
    command: str,
    part: str,
    found: Mapping[str, object],
    checks: Sequence[Check],
    settings: Settings,
) -> Path:
    """Write one part of a command's report; the parts that the same code has measured stay.

    Args:
        command: names the file.
        part: what was measured; parts of a command differ in their data.
        found: figures of this part.
        checks: of this part.
        settings: the project's folder and the code's version.

    Returns:
        The file.
    """
    target = settings.home / ".local" / "reports" / f"{command}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    version_of_code = code_version.pinned(settings.code_version)
    parts = _earlier_parts(target, version_of_code)
    parts[part] = {**found, "checks": [check.as_dict() for check in checks]}
    report = {
        "command": command,
        "machine": {"cores": len(os.sched_getaffinity(0)), "platform": platform.platform()},
        "versions": {name: version(name) for name in ("scikit-learn", "numpy", "dbt-core")},
        "code_version": version_of_code,
        "checks": [check for name in sorted(parts) for check in parts[name]["checks"]],
        "parts": parts,
    }
    target.write_text(json.dumps(report, indent=2) + "\n")
    return target


def as_lines(checks: Sequence[Check]) -> list[str]:
    """Return the checks that have a bar, as lines for a person."""
    return [
        f"{'holds' if check.holds else 'DOES NOT HOLD':>14}  {check.name:44} "
        f"{check.value:.3f}  bar {check.bar}"
        for check in checks
        if check.bar is not None
    ]


def _earlier_parts(target: Path, version_of_code: str) -> dict[str, Any]:
    try:
        report = json.loads(target.read_text())
        return dict(report["parts"]) if report["code_version"] == version_of_code else {}
    except (OSError, ValueError, KeyError):
        return {}  # there is none, or of an older form
