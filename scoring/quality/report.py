"""Write the report of a command that measures: its figures, its checks and the code's version."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from features.platform import code_version
from features.platform.settings import Settings
from scoring.quality.checks import Check


def write(
    command: str,
    part: str,
    figures: Mapping[str, object],
    checks: Sequence[Check],
    settings: Settings,
) -> Path:
    """Write one part of a command's report, and keep the other parts of the same code version.

    Args:
        command: names the file.
        part: the name of the part; parts of a command differ in their data.
        figures: of this part.
        checks: of this part.
        settings: the project's folder and the code's version.

    Returns:
        The file.
    """
    target = settings.home / ".local" / "reports" / f"{command}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    version_of_code = code_version.pinned(settings.code_version)
    parts = _earlier_parts(target, version_of_code)
    parts[part] = {**figures, "checks": [check.as_dict() for check in checks]}
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


def _earlier_parts(target: Path, version_of_code: str) -> dict[str, Any]:
    try:
        report = json.loads(target.read_text())
        return dict(report["parts"]) if report["code_version"] == version_of_code else {}
    except (OSError, ValueError, KeyError):
        return {}  # there is none, or of an older form
