"""Finds champion and challenger of a job, and checks that one set of rows fits both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from features.platform.storage import object_store
from features.views import FeatureView
from scoring.domains import load_model
from scoring.models import challengers, registry, version_pages
from scoring.models.challengers import Challenger
from scoring.models.matured_rows import Matured
from scoring.promotion import effective
from scoring.promotion.scored import Contender
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin


@dataclass(frozen=True, slots=True)
class Pair:
    """The two versions to compare.

    Attributes:
        champion: is in force.
        challenger: is under test.
        view: whose rows hold the columns of both.
        learnt_until: the moment of the newest row that either of them has learnt from.
    """

    champion: ModelPin
    challenger: ModelPin
    view: FeatureView
    learnt_until: datetime


def find(
    connection: psycopg.Connection[Any], job: Job, matured: Matured, settings: Settings
) -> Pair | None:
    """Return both versions; None without a challenger beside the champion in force.

    The alias may name a champion that a claim refuses. The challenger is compared with the version
    that decides.

    Args:
        connection: of role `score`, outside of a transaction.
        job: the job.
        matured: how its rows are read.
        settings: access to the registry.

    Raises:
        ConfigurationError: the challenger was not trained here, or a training does not say what it
            knew or learnt from another feature view.
        ModelUnavailableError: the registry does not answer, or a version has no digest.
    """
    if not {registry.CHAMPION, registry.CHALLENGER} <= set(
        registry.aliases_of(job.slot.name, settings)
    ):
        return None
    named = registry.resolve(job.slot.name, registry.CHAMPION, settings)
    challenger = registry.resolve(job.slot.name, registry.CHALLENGER, settings)
    champion = effective.look(connection, named).champion
    if champion is None:
        raise ConfigurationError(
            f"{named} may not decide, and no former champion may, so there is nothing to compare "
            "a challenger with; put a version in force with `vesper models promote`"
        )
    if champion.version == challenger.version:
        return None
    trained = challengers.find(connection, challenger)
    if trained is None:
        raise ConfigurationError(
            f"{challenger} was not trained on this warehouse, so no record says what it has learnt "
            "from; train a challenger with `vesper train`"
        )
    # a champion of an earlier release has no record, and its tags say the same
    before = challengers.find(connection, champion) or challengers.of_tags(
        job.name, version_pages.tags_of(champion, settings)
    )
    both = ((champion, before), (challenger, trained))
    return Pair(
        champion,
        challenger,
        _view(job, both),
        max(_learnt_until(pin, training, matured) for pin, training in both),
    )


def load(pair: Pair, job: Job, settings: Settings) -> tuple[Contender, Contender]:
    """Load both files as a run loads them: by their digest, from our own store.

    Raises:
        ContractError: a model needs a column that the view does not have.
        ModelUnavailableError: a file is missing, altered or not trusted.
    """
    store = object_store(settings)

    def loaded(pin: ModelPin) -> Contender:
        registry.fetch(pin, settings, store)
        return Contender(str(pin), load_model(job, pin, settings, store))

    return loaded(pair.champion), loaded(pair.challenger)


def _view(job: Job, both: tuple[tuple[ModelPin, Challenger], ...]) -> FeatureView:
    """Return the newest version of the view among those of both models; views only grow."""
    versions = []
    for pin, training in both:
        name, _, version = training.feature_view.partition("@")
        if name != job.view.name or not version.isdecimal():
            raise ConfigurationError(
                f"{pin} has learnt from the feature view {training.feature_view[:60]!a}, and "
                f"{job.name} reads {job.view.qualified}: no row holds the columns of both models"
            )
        versions.append(int(version))
    return job.view.at(max(versions))


def _learnt_until(pin: ModelPin, training: Challenger, matured: Matured) -> datetime:
    if (moment := matured.learnt_until(training)) is None:
        raise ConfigurationError(
            f"the record of {pin} does not say up to when it has learnt, so no week is surely "
            "fresh; train it again with `vesper train`"
        )
    return moment
