"""Admit a held delivery unchanged, by the decision of a person."""

from __future__ import annotations

from contextlib import closing

from features.ingest.admit import admit
from features.ingest.deliveries import release as release_delivery
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import (
    AsJson,
    DecideFromOption,
    DeliveryArgument,
    ReasonOption,
    SourceOption,
)
from scoring.commands.ingest import settings_of, sources_of


def release(
    delivery: DeliveryArgument,
    reason: ReasonOption,
    source: SourceOption = None,
    decide_from: DecideFromOption = None,
    as_json: AsJson = False,
) -> int:
    """Admit a held delivery unchanged."""
    settings = settings_of(source)
    sources = sources_of(settings, decide_from)  # first: a wrong description must not release
    with closing(sessions.connect("ingest", autocommit=False)) as connection:
        release_delivery(delivery, reason, connection)
        receipt = admit(
            delivery, connection, sources, base_currency=settings.warehouse.base_currency
        )
    line = f"{receipt.feed}: {receipt.rows_admitted} rows admitted"
    show(line, [receipt.as_dict()], as_json=as_json)
    return Status.HOLDS
