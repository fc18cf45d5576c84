"""Takes the decisions of persons about a challenger: promote, override, reject, extend its shadow.

A promotion rests on a gate that the version passed against the champion in force, on a shadow that
was long enough, and on a person other than its trainer. That person's promotion counts as the
validation. Each decision is recorded together with the move of the alias.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from features.platform import database
from features.platform.settings import Settings
from scoring.models import registry
from scoring.promotion import cases, effective, guard, rules
from scoring.promotion.cases import Case, Receipt
from scoring.promotion.facts import Action, Source
from scoring.promotion.refusals import PromotionRefusedError, PromotionVoidError

#: An override is for an emergency: it ends, and then the last effective champion decides again.
LONGEST_OVERRIDE = timedelta(days=90)


def promote(  # noqa: PLR0913 - a person, a reason and a way, by name
    model: str,
    version: str,
    *,
    person: str,
    reason: str,
    settings: Settings,
    verdict_sha256: str | None = None,
    source: Source = Source.COMMAND,
) -> Receipt:
    """Put a challenger in force; runs that are claimed later decide with it.

    Args:
        model: the registered model.
        version: the number that the person approved.
        person: who approves it, other than its trainer.
        reason: in words.
        settings: of the warehouse, the store and the registry.
        verdict_sha256: the digest of the verdict that the person saw; None: the newest gate's.
        source: the way by which the decision came.

    Raises:
        PromotionVoidError: version, verdict or champion have changed since the gate, or another
            person has decided at the same moment.
        PromotionRefusedError: the gate, the shadow or the validation is missing, or the person
            trained it.
        ModelUnavailableError: the registry does not answer, or the file is gone or altered.
        ConfigurationError: a text says nothing, or too much.
    """
    cases.require_words(person, reason)
    with database.connect(settings.warehouse, "score") as connection:
        case = cases.of(connection, model, version, settings)
        cases.require_other(case)
        _require_current(case, verdict_sha256)
        shadow = rules.shadow_flaw(connection, case.pin)
        _require_promotable(case, person, shadow)
        cases.require_file(case, settings)
        cases.see_first(connection, case)
        row = case.row(Action.PROMOTE, person, reason, source, gate=case.facts.gate)
        with cases.decided(connection, row, case.facts) as receipt:
            cases.move(case, settings)
    return receipt


def override(  # noqa: PLR0913 - a person, a reason and a way, by name
    model: str,
    version: str,
    *,
    person: str,
    reason: str,
    expires_at: datetime,
    settings: Settings,
    source: Source = Source.COMMAND,
) -> Receipt:
    """Put a version in force without a passed gate, until a moment.

    After that moment the last effective champion decides again, unless the version has passed its
    gate by then.

    Args:
        model: the registered model.
        version: its number.
        person: who answers for it, other than its trainer.
        reason: in words.
        expires_at: the end, within `LONGEST_OVERRIDE`.
        settings: of the warehouse, the store and the registry.
        source: the way by which the decision came.

    Raises:
        PromotionRefusedError: the person trained the version, or the end is past or too far.
        PromotionVoidError: another person has decided at the same moment.
        ModelUnavailableError: the registry does not answer, or the file is gone or altered.
        ConfigurationError: a text says nothing, or too much.
    """
    cases.require_words(person, reason)
    now = datetime.now(UTC)
    if not now < expires_at <= now + LONGEST_OVERRIDE:
        raise PromotionRefusedError(
            f"an override ends within {LONGEST_OVERRIDE.days} days from now, and "
            f"{expires_at.isoformat()} does not; nothing was moved"
        )
    with database.connect(settings.warehouse, "score") as connection:
        case = cases.of(connection, model, version, settings)
        if case.facts.trainer is not None and (flaw := guard.trainer_flaw(person, case.facts)):
            raise PromotionRefusedError(f"{case.pin}: {flaw}; nothing was moved")
        cases.require_file(case, settings)
        cases.see_first(connection, case)
        row = case.row(Action.OVERRIDE, person, reason, source, expires_at=expires_at)
        with cases.decided(connection, row, case.facts) as receipt:
            cases.move(case, settings)
    return receipt


def reject(
    model: str,
    version: str,
    *,
    person: str,
    reason: str,
    settings: Settings,
    source: Source = Source.COMMAND,
) -> Receipt:
    """End the test of a challenger; it never decides, whatever the alias names.

    Args:
        model: the registered model.
        version: its number.
        person: who rejects it.
        reason: in words.
        settings: of the warehouse and the registry.
        source: the way by which the decision came.

    Raises:
        PromotionRefusedError: it is the champion; roll back instead.
        PromotionVoidError: the version is gone, or another person has decided at the same moment.
        ModelUnavailableError: the registry does not answer.
        ConfigurationError: a text says nothing, or too much.
    """
    cases.require_words(person, reason)
    with database.connect(settings.warehouse, "score") as connection:
        case = cases.of(connection, model, version, settings)
        if case.champion is not None and case.champion.version == case.pin.version:
            raise PromotionRefusedError(
                f"{case.pin} is the champion; put a former champion in force first, with "
                "`vesper models rollback`"
            )
        row = case.row(Action.REJECT, person, reason, source)
        with cases.decided(connection, row, case.facts) as receipt:
            cases.drop_challenger(case, settings)
    return receipt


def extend(
    model: str,
    version: str,
    *,
    person: str,
    reason: str,
    settings: Settings,
    source: Source = Source.COMMAND,
) -> Receipt:
    """Record that a challenger stays in its shadow; a later gate asks again.

    Args:
        model: the registered model.
        version: its number.
        person: who decided so.
        reason: in words.
        settings: of the warehouse and the registry.
        source: the way by which the decision came.

    Raises:
        PromotionVoidError: the version is gone, or another person has decided at the same moment.
        ModelUnavailableError: the registry does not answer.
        ConfigurationError: a text says nothing, or too much.
    """
    cases.require_words(person, reason)
    with database.connect(settings.warehouse, "score") as connection:
        case = cases.of(connection, model, version, settings)
        row = case.row(Action.EXTEND, person, reason, source)
        with cases.decided(connection, row, case.facts) as receipt:
            pass
    return receipt


def _require_current(case: Case, verdict_sha256: str | None) -> None:
    """Refuse an approval whose version, verdict or champion has changed.

    Raises:
        PromotionVoidError: names the change.
    """
    gate, challenger = case.facts.gate, case.aliases.get(registry.CHALLENGER)
    changes = []
    if challenger not in (None, case.pin.version):
        changes.append(f"the challenger is version {challenger} now")
    if verdict_sha256 is not None and (gate is None or gate.verdict_sha256 != verdict_sha256):
        changes.append("its newest gate has another verdict than the one that was approved")
    if gate is not None and case.champion is not None:
        champion = effective.version_of(case.champion)
        if gate.champion != champion:
            changes.append(f"its gate compared it with {gate.champion}, and {champion} decides now")
    if changes:
        raise PromotionVoidError(
            f"{case.pin}: the approval is void, because {'; '.join(changes)}; nothing was moved. "
            "Run `vesper models gate` again, and approve its verdict"
        )


def _require_promotable(case: Case, person: str, shadow: str | None) -> None:
    """Refuse a version without a passed gate or shadow, or a person who may not approve it.

    Raises:
        PromotionRefusedError: names all that is missing.
    """
    facts = case.facts
    newest = guard.newest_decision(case.version, facts)
    flaws = guard.gate_flaws(case.version, facts, rules.of(case.pin.name))
    flaws += [] if shadow is None else [shadow]
    if newest is not None and newest.action is Action.REJECT:
        flaws.append(f"{newest.person} rejected it: {newest.reason}")
    if (invalid := guard.invalidity(facts)) is not None:
        flaws.append(invalid)
    if (trainer := guard.trainer_flaw(person, facts)) is not None:
        flaws.append(trainer)
    if flaws:
        raise PromotionRefusedError(
            f"{case.pin} may not be promoted: {'; '.join(flaws)}. Nothing was moved; in an "
            "emergency, `vesper models promote --override --until` puts it in force for a time"
        )
