"""Finds the challenger that decides its share of a run under the split of a policy.

A challenger decides real cases here, so more is asked of it than of a shadow: a second person has
found it valid, and nobody has rejected it. A passed gate is not asked: the split is what shall tell
the gate. The second person of the policy's activation answers for the share.
"""

from __future__ import annotations

from typing import Any

import psycopg

from features.platform.errors import ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from scoring.models import registry
from scoring.promotion import effective, guard, records
from scoring.runs.pins import ModelPin


def challenger(
    connection: psycopg.Connection[Any],
    champion: ModelPin,
    settings: Settings,
    store: ObjectStore,
) -> ModelPin:
    """Return the challenger of a model, with its file in our store.

    Args:
        connection: of role `score`, outside of a transaction.
        champion: that decides the other rows of the run.
        settings: access to the registry.
        store: for the model file.

    Raises:
        ModelUnavailableError: no challenger may decide a share; says why.
    """
    name = champion.name
    if registry.CHALLENGER not in registry.aliases_of(name, settings):
        raise ModelUnavailableError(
            f"no version of {name} has the alias {registry.CHALLENGER!r}: train one, or end the "
            "split by a new policy"
        )
    pin = registry.resolve(name, registry.CHALLENGER, settings)
    if pin.sha256 == champion.sha256:
        raise ModelUnavailableError(f"{pin} is the champion itself: train another challenger")
    version = effective.version_of(pin)
    facts = records.facts(connection, name, version)
    if flaws := guard.participation_flaws(version, facts):
        raise ModelUnavailableError(
            f"{pin} decides no share of the rows: {'; '.join(flaws)}. Next step: "
            "`vesper models validate` by a second person, or another challenger"
        )
    registry.fetch(pin, settings, store)
    return pin
