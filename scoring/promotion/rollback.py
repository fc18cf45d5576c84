"""Puts a former champion in force again: one act, without a new gate."""

from __future__ import annotations

from features.platform import database
from features.platform.settings import Settings
from scoring.models import registry
from scoring.promotion import cases, effective, guard, records
from scoring.promotion.cases import Receipt
from scoring.promotion.facts import Action, Facts, Source, Version
from scoring.promotion.refusals import PromotionRefusedError
from scoring.runs.pins import ModelPin

_NONE = Version("", "")


def rollback(
    model: str,
    to_version: str | None = None,
    *,
    person: str,
    reason: str,
    settings: Settings,
    source: Source = Source.COMMAND,
) -> Receipt:
    """Put a former champion in force; runs that are claimed later decide with it.

    If the alias names a version that the claim refuses, the champion in force gets the alias back.

    Args:
        model: the registered model.
        to_version: the number of a former champion; None: the champion before this one.
        person: who answers for it.
        reason: in words.
        settings: of the warehouse, the store and the registry.
        source: the way by which the decision came.

    Raises:
        PromotionRefusedError: the version never decided, or may not decide any more; names those
            that may.
        PromotionVoidError: the version is gone, or another person has decided at the same moment.
        ModelUnavailableError: the registry does not answer, or the file is gone.
        ConfigurationError: a text says nothing, or too much.
    """
    cases.require_words(person, reason)
    with database.connect(settings.warehouse, "score") as connection:
        facts = records.facts(connection, model, _NONE)
        aliases = registry.aliases_of(model, settings)
        champion = cases.champion_now(connection, model, aliases, facts, settings)
        version = _target(model, to_version, facts, _decides(champion, aliases))
        case = cases.of(connection, model, version.number, settings)
        if case.version != version:
            raise PromotionRefusedError(
                f"{case.pin} has another file in the registry than when it decided; nothing was "
                "moved"
            )
        cases.require_file(case, settings)
        row = case.row(Action.ROLLBACK, person, reason, source)
        with cases.decided(connection, row, case.facts) as receipt:
            cases.move(case, settings)
    return receipt


def _decides(champion: ModelPin | None, aliases: dict[str, str]) -> Version | None:
    """Return the champion in force, if the alias names it."""
    if champion is None or aliases.get(registry.CHAMPION) != champion.version:
        return None
    return effective.version_of(champion)


def _target(model: str, to_version: str | None, facts: Facts, champion: Version | None) -> Version:
    """Return the former champion that is meant.

    Raises:
        PromotionRefusedError: there is none.
    """
    former = [seen.version for seen in guard.former_champions(facts, without=champion)]
    meant = [version for version in former if to_version in (None, version.number)]
    if meant:
        return meant[0]
    numbers = ", ".join(version.number for version in former) or "none"
    named = "" if to_version is None else f" as version {to_version[:20]!a}"
    raise PromotionRefusedError(
        f"model {model} has no former champion{named}; former champions are: {numbers}. Nothing "
        "was moved"
    )
