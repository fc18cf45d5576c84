"""Read the standing of all models, and the content of their pages, from warehouse and registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from features.platform.errors import ModelUnavailableError
from features.platform.settings import Settings
from scoring.domains import JOBS
from scoring.models import histories, inventory, registry, registry_pages, standing
from scoring.models.history import History
from scoring.models.standing import Standing
from scoring.pages.model_page import ModelPage, Version


@dataclass(frozen=True, slots=True)
class Models:
    """The standing of every registered model.

    Attributes:
        standings: in the order of the jobs.
        histories: by registered name.
        failure: the reason why the registry does not answer; None if it does.
    """

    standings: Sequence[Standing]
    histories: Mapping[str, History]
    failure: str | None


def read(connection: psycopg.Connection[Any], settings: Settings) -> Models:
    """Return the standing of every model; without the registry, as the warehouse knows it.

    Args:
        connection: of role `score`.
        settings: access to the registry.

    Raises:
        ConfigurationError: the inventory lacks a model.
        WarehouseUnavailableError: the server went away.
    """
    names = [job.model.name for job in JOBS.values() if job.model is not None]
    found = {name: histories.read(connection, name) for name in names}
    aliases, failure = _aliases(names, settings)
    today = datetime.now(UTC).date()
    models = inventory.load()
    standings = [standing.of(found[name], aliases.get(name), models, today) for name in names]
    return Models(standings, found, failure)


def pages(models: Models, settings: Settings) -> Iterator[ModelPage]:
    """Yield the page of each model.

    Args:
        models: as read.
        settings: access to the registry.

    Raises:
        ModelUnavailableError: the registry does not answer, so a page would lack its card.
    """
    if models.failure is not None:
        raise ModelUnavailableError(
            f"no page was written, since each needs its card: {models.failure}"
        )
    for each in models.standings:
        yield ModelPage(
            inventory.load().entry(each.model),
            each,
            models.histories[each.model],
            list(_versions(each, models.histories[each.model], settings)),
            datetime.now(UTC),
        )


def _versions(each: Standing, history: History, settings: Settings) -> Iterator[Version]:
    roles = {standing.CHAMPION: each.champion, standing.CHALLENGER: each.challenger}
    for role, version in roles.items():
        if version is None:
            continue
        training = history.training_of(version)
        run_id = (
            training.run_id if training else registry_pages.run_of(each.model, version, settings)
        )
        yield Version(role, version, training, registry_pages.read(run_id, settings))


def _aliases(
    names: Sequence[str], settings: Settings
) -> tuple[dict[str, dict[str, str]], str | None]:
    """Return the aliases by model; empty, with the reason, if the registry does not answer."""
    try:
        return {name: registry.aliases_of(name, settings) for name in names}, None
    except ModelUnavailableError as error:
        return {}, str(error)
