"""Parse the file of a held delivery again, under the present description of its source."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, DecideFromOption, SourceOption, delivery_named
from scoring.commands.ingest import held_of, lines, settings_of, sources_of
from scoring.commands.working import working
from scoring.steps import admit as admission
from scoring.steps import gates
from scoring.steps import retry as retrying


def retry(
    delivery: Annotated[
        UUID | None,
        typer.Argument(parser=delivery_named, metavar="[DELIVERY]", help="Id of a held delivery."),
    ] = None,
    all_held: Annotated[
        bool, typer.Option("--all-held", help="All held deliveries of the source.")
    ] = False,
    source: SourceOption = None,
    decide_from: DecideFromOption = None,
    as_json: AsJson = False,
) -> int:
    """Parse the file of a held delivery again, run its gate, and admit it if it passes.

    The file stays as it is. The held delivery becomes discarded and names the new one.

    Status 1: a delivery is held again or could not be retried; the answer names it.
    """
    if (delivery is None) == (not all_held):
        raise ConfigurationError("name one held delivery, or give --all-held")
    settings = settings_of(source)
    sources, store = sources_of(settings, decide_from), object_store(get_settings())
    with working("ingest"):
        retries = retrying.retry(settings, store, sources, delivery)
    with working("validate_raw"):
        checks = gates.validate_deliveries(retries.taken, settings, store)
    with working("admit"):
        admitted = admission.admit(checks, settings, store, sources)
    held = held_of([receipt.delivery_id for receipt in retries.taken])
    refused = [f"not retried: {reason}" for reason in retries.refused.values()]
    document = {
        "admitted": [receipt.as_dict() for receipt in admitted],
        "held": [receipt.as_dict() for receipt in held],
        "refused": {str(name): reason for name, reason in retries.refused.items()},
    }
    text = [*lines(admitted, held), *refused]
    show(text or ["no delivery is held"], document, as_json=as_json)
    return Status.of(not (held or refused))
