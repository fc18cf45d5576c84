"""Records whether a second person finds a model version valid."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog

from features.platform import database, seals
from features.platform.settings import Settings
from scoring.promotion import cases, guard
from scoring.promotion.cases import Case
from scoring.promotion.refusals import PromotionRefusedError

log = structlog.get_logger(__name__)

_INSERT = """
    insert into audit.model_validations (
        validation_id, model, version, sha256, validator, is_valid, reason
    )
    values (
        %(validation_id)s, %(model)s, %(version)s, %(sha256)s, %(validator)s, %(is_valid)s,
        %(reason)s
    )
"""


def validate(
    model: str, version: str, *, person: str, reason: str, is_valid: bool, settings: Settings
) -> UUID:
    """Record the statement of a person other than the trainer; the newest statement holds.

    Args:
        model: the registered model.
        version: its number.
        person: who validated it.
        reason: what was checked, in words.
        is_valid: the result.
        settings: of the warehouse and the registry.

    Returns:
        The id of the validation.

    Raises:
        PromotionRefusedError: the person trained the version, or no training recorded it.
        PromotionVoidError: the registry has no such version.
        ModelUnavailableError: the registry does not answer.
        ConfigurationError: a text says nothing, or too much.
    """
    cases.require_words(person, reason)
    with database.connect(settings.warehouse, "score") as connection:
        case = cases.of(connection, model, version, settings)
        if (flaw := guard.trainer_flaw(person, case.facts)) is not None:
            raise PromotionRefusedError(f"{case.pin}: {flaw}; nothing was recorded")
        values = {"validator": person, "is_valid": is_valid, "reason": reason}
        return _record(connection, case, values)


def _record(connection: psycopg.Connection[Any], case: Case, values: dict[str, object]) -> UUID:
    validation_id = uuid4()
    values |= {
        "validation_id": validation_id,
        "model": case.pin.name,
        "version": case.pin.version,
        "sha256": case.pin.sha256,
    }
    with database.named("record a validation"), connection.transaction():
        connection.execute(_INSERT, values)
        seals.seal(connection, "model validation", validation_id)
    log.info("model_validated", **{key: str(value) for key, value in values.items()})
    return validation_id
