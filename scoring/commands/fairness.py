"""Put a fairness report on public data beside the registered credit model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson
from scoring.commands.quality import source_of
from scoring.commands.working import working

FILE_NAME = "fairness_german_credit.md"
CHAMPION = "champion"


def fairness(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The German credit data (CSV).")],
    alias: Annotated[
        str, typer.Option("--alias", help="Alias of the model version that gets the report.")
    ] = CHAMPION,
    as_json: AsJson = False,
) -> int:
    """Report on groups of the German credit data, on the page of the credit model."""
    from scoring.credit.job import JOB
    from scoring.credit.quality import german_credit
    from scoring.models import registry

    if source_of(file) != german_credit.SOURCE:
        raise ConfigurationError(f"{file} is not the German credit data")
    settings = get_settings()
    with working("fairness"):
        page = german_credit.report(file).page
        pin = registry.resolve(JOB.slot.name, alias, settings)
        registry.attach(pin, FILE_NAME, page, settings)
    text = f"{page}\n{FILE_NAME} belongs to {pin.name} version {pin.version}"
    document = {"model": pin.name, "version": pin.version, "file": FILE_NAME, "page": page}
    show(text, document, as_json=as_json)
    return Status.HOLDS
