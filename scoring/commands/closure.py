"""Prove that nothing is lost and nothing is decided twice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobOption, WindowOption, jobs_of
from scoring.commands.working import working
from scoring.evidence.closure import equations


def closure(
    job: JobOption = None,
    window: WindowOption = None,
    no_files: Annotated[
        bool, typer.Option("--no-files", help="Leave the bytes of the published files unread.")
    ] = False,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Count all rows; compare those of the newest two days only."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Prove that nothing is lost, nothing is decided twice, and nothing was changed later.

    Status 1: an equation does not hold.
    """
    store = None if no_files else object_store(get_settings())
    with working("closure"), sessions.connect() as connection:
        results = equations(connection, jobs_of(job), window, store, is_fast=fast)
    lines = [
        f"{'holds' if equation.holds else 'DOES NOT HOLD'}  {equation}" for equation in results
    ]
    lines += [f"not checked  {note}" for equation in results for note in equation.notes]
    document = [asdict(equation) | {"holds": equation.holds} for equation in results]
    show(lines, document, as_json=as_json)
    return Status.of(all(equation.holds for equation in results))
