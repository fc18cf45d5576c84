"""Name the next step after the check of a file."""

from __future__ import annotations

from collections.abc import Sequence

from features.sources.descriptions import Sources
from features.tryout.findings import FeedCheck


def next_steps(checks: Sequence[FeedCheck], sources: Sources, path: str, yaml: str) -> list[str]:
    """Return what a person does next, as sentences.

    Args:
        checks: of each feed that the file belongs to.
        sources: the description.
        path: of the file, as the person gave it.
        yaml: the path of the description.
    """
    held = [check for check in checks if not check.is_admitted]
    name = sources.name
    if held:
        remedies = [r.remedy for check in held for r in check.rejections if r.remedy]
        change = remedies[0] if remedies else f"{held[0].hold}"
        return [
            f"Edit {yaml}, or mend the file: {change}",
            f"Check again: vesper sources check {name} {path}",
        ]
    steps = []
    if any(check.rejected for check in checks):
        steps.append(
            f"Rejected rows would be kept in raw.rejected_rows. To accept them, edit {yaml}."
        )
    folder = checks[0].folder
    steps.append(f"Start the stack: make up SOURCE={name}")
    steps.append(f"Load, train and decide in one go: make demo SOURCE={name} DATA={path}")
    steps.append(
        f"Or deliver the file yourself: as history into {folder}/history, as a live file into "
        f"{folder}, of the landing area; then run vesper ingest --source {name}"
    )
    return steps
