"""Decide past decisions again and compare them bit for bit."""

from __future__ import annotations

from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobOption, WindowOption, jobs_of
from scoring.commands.working import Step, working
from scoring.evidence.divergence import Divergence
from scoring.evidence.lookup import job_of
from scoring.evidence.replay import Selection
from scoring.evidence.verification import Verification, verify
from scoring.runs.job import Job


def replay(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DECISION]...", help="Decision ids, or ids of their subjects."),
    ] = None,
    job: JobOption = None,
    window: WindowOption = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="N random decisions.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another number draws another sample.")] = 0,
    no_features: Annotated[
        bool, typer.Option("--no-features", help="Do not rebuild the features from raw.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Decide again what was decided, rebuild its features, and compare bit for bit.

    Decision ids select the job that decided them.

    Status 1: a decision or a feature row differs.
    """
    if not (ids or window or sample):
        raise ConfigurationError(
            "name the decisions to replay: decision ids, --sample N, or --window START END"
        )
    settings = get_settings()
    selection = Selection(tuple(ids or ()), window, sample, seed)
    verifications = {}
    for each in _jobs(job, ids):
        with working(f"replay {each.name}") as step:
            verifications[each.name] = verify(
                each,
                selection,
                settings,
                object_store(settings),
                with_features=not no_features,
                progress=_Counter(step).report,
            )
    lines = [f"{name}\n{text_of(done)}" for name, done in verifications.items()]
    document = [done.as_dict() | {"job": name} for name, done in verifications.items()]
    show(lines, document, as_json=as_json)
    return Status.of(all(done.holds for done in verifications.values()))


def _jobs(job: Job | None, ids: list[str] | None) -> list[Job]:
    if job or not ids:
        return jobs_of(job)
    with sessions.connect() as connection:
        return [job_of(connection, ids)]


class _Counter:
    """Turn the total of replayed decisions into steps forward."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.done = 0

    def report(self, done: int, total: int) -> None:
        """Take the number of replayed decisions and the total."""
        self.step.advance("decisions", done - self.done, total)
        self.done = done


def text_of(done: Verification) -> str:
    """Return the result as lines for a person."""
    found, rebuilt = done.replay, done.rebuild
    lines = [
        f"{'holds' if found.holds else 'DOES NOT HOLD'}  {found.decisions} decisions of "
        f"{found.runs} runs decided again: {found.decisions - found.differing} equal bit for bit, "
        f"{found.differing} not"
        + (f" ({found.degraded} degraded, whose failure stands)" if found.degraded else ""),
        *(f"  {one}" for one in found.differences),
    ]
    if rebuilt is None:
        return "\n".join([*lines, "not asked  features rebuilt from raw"])
    lines.append(
        f"{'holds' if rebuilt.holds else 'DOES NOT HOLD'}  {rebuilt.rows} feature rows rebuilt "
        f"from raw: {rebuilt.rows - rebuilt.differing} equal bit for bit, {rebuilt.differing} not"
    )
    lines += [
        f"  {row.subject_id} version {row.version}: {Divergence.FEATURE_CODE} "
        f"({', '.join(row.fields)})"
        for row in rebuilt.changed
    ]
    return "\n".join(lines)
