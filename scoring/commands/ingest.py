"""Receive the waiting files, check them and admit those that pass, without Airflow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from features.ingest import AdmitReceipt, DeliveryReceipt
from features.ingest.deliveries import get
from features.platform.settings import Settings, get_settings
from features.platform.storage import object_store
from features.sources import descriptions
from features.sources.descriptions import Sources
from features.sources.source_set import source_set
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, DecideFromOption, SourceOption
from scoring.commands.working import working
from scoring.steps import admit as admission
from scoring.steps import gates
from scoring.steps import ingest as receiving


class FileKind(StrEnum):
    """The kinds of files that a first load and the hourly feed deliver."""

    HISTORY = "history"
    LIVE = "live"


LoadKindOption = Annotated[
    FileKind | None, typer.Option("--load-kind", help="Only files of this kind; default: both.")
]


def ingest(
    load_kind: LoadKindOption = None,
    source: SourceOption = None,
    decide_from: DecideFromOption = None,
    as_json: AsJson = False,
) -> int:
    """Parse the waiting files, run the gate of deliveries, and admit what passes.

    Status 1: a delivery is held; the answer names it with its reason.
    """
    settings = settings_of(source)
    sources, store = sources_of(settings, decide_from), object_store(get_settings())
    with working("ingest"):
        received = receiving.ingest(settings, store, load_kind.value if load_kind else None)
    with working("validate_raw"):
        checks = gates.validate_deliveries(received, settings, store)
    with working("admit"):
        admitted = admission.admit(checks, settings, store, sources)
    held = held_of([receipt.delivery_id for receipt in received])
    document = [receipt.as_dict() for receipt in (*admitted, *held)]
    show(lines(admitted, held) or ["nothing new"], document, as_json=as_json)
    return Status.of(not held)


def settings_of(source: str | None) -> Settings:
    """Return the settings of this process, with another source if one is named."""
    settings = get_settings()
    return settings.model_copy(update={"sources": source}) if source else settings


def sources_of(settings: Settings, decide_from: datetime | None) -> Sources:
    """Return the source descriptions of a command.

    Raises:
        ConfigurationError: there is no such description, or it is wrong.
    """
    if decide_from is None:
        return source_set(settings)
    stated = {"decide_from": decide_from.isoformat()}
    return descriptions.load(settings.sources, stated, folder=settings.sources_dir)


def held_of(delivery_ids: Sequence[UUID]) -> list[DeliveryReceipt]:
    """Return those deliveries that are held now."""
    with sessions.connect("ingest") as connection:
        receipts = [get(connection, delivery_id) for delivery_id in delivery_ids]
    return [receipt for receipt in receipts if receipt.state == "held"]


def lines(admitted: Sequence[AdmitReceipt], held: Sequence[DeliveryReceipt]) -> list[str]:
    """Return the receipts as lines for a person."""
    return [
        *(
            f"{receipt.feed}: {receipt.rows_admitted} admitted, {receipt.rows_duplicate} "
            f"duplicate, {receipt.rows_rejected} rejected of {receipt.rows_in_file} rows"
            for receipt in admitted
        ),
        *(f"{receipt.feed}: {note}" for receipt in admitted for note in receipt.notes),
        *(
            f"{receipt.feed}: held {receipt.delivery_id} ({receipt.object_name}): {receipt.reason}"
            for receipt in held
        ),
    ]
