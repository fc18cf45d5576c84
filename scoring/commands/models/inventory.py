"""List all models: owner, tier, versions, last gate, last validation and next review."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from features.platform.settings import get_settings
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson
from scoring.commands.working import working

if TYPE_CHECKING:
    from scoring.models.history import History
    from scoring.models.standing import Standing
    from scoring.pages.model_reading import Models

#: Trained versions of a model that the list shows without `--all`.
NEWEST = 3


def inventory(
    every: Annotated[
        bool, typer.Option("--all", help="List every version that was ever trained.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """List all models: owner, tier, champion, challenger, last gate, validation, next review.

    Below each model are the versions that were trained, also those that were never promoted. If the
    registry does not answer, the list says so and has the champions of the last claims.

    Status 1: the review of a model is overdue.
    """
    # imports the registry's library, which takes seconds
    from scoring.pages import model_reading

    with working("models inventory"), sessions.connect() as connection:
        models = model_reading.read(connection, get_settings())
    show(lines(models, every=every), _document(models), as_json=as_json)
    return Status.of(not any(each.is_overdue for each in models.standings))


def lines(models: Models, *, every: bool) -> Iterator[str]:
    """Yield the list for a person.

    Args:
        models: as read.
        every: whether all trained versions are shown.
    """
    if models.failure:
        yield f"The registry does not answer, so challengers are unknown: {models.failure}"
        yield ""
    for each in models.standings:
        yield from _model(each)
        yield from _versions(models.histories[each.model], every=every)


def _model(each: Standing) -> Iterator[str]:
    yield f"{each.model}: {each.title}, tier {each.tier}, {each.owner}"
    challenger = "unknown" if each.aliases is None else each.challenger or "none"
    yield f"  champion {each.champion or 'none'}, challenger {challenger}"
    if each.difference:
        yield f"  NOTE: {each.difference}"
    if gate := each.gate:
        yield (
            f"  last gate {gate.gated_at:%Y-%m-%d}: version {gate.challenger_version} is "
            f"{gate.verdict} against {gate.champion_version}"
        )
    else:
        yield "  last gate none"
    if validation := each.validation:
        judged = "confirmed" if validation.is_valid else "refused"
        yield f"  validated {validation.validated_at:%Y-%m-%d}: {judged} by {validation.validator}"
    else:
        yield "  validated never, by a second person"
    if each.next_review:
        overdue = ", OVERDUE" if each.is_overdue else ""
        yield f"  next review by {each.next_review}{overdue}"


def _versions(history: History, *, every: bool) -> Iterator[str]:
    shown = history.trainings if every else history.trainings[:NEWEST]
    for each in shown:
        alias = f", {each.alias} at birth" if each.alias else ""
        yield (
            f"  version {each.version}: trained {each.trained_at:%Y-%m-%d %H:%M} by "
            f"{each.trainer}{alias}, {each.sha256[:12]}"
        )
    if left := len(history.trainings) - len(shown):
        yield f"  and {left} earlier versions: --all"


def _document(models: Models) -> dict[str, object]:
    return {
        "registry": models.failure or "answers",
        "models": [
            each.as_dict() | {"trainings": models.histories[each.model].trainings}
            for each in models.standings
        ],
    }
