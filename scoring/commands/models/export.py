"""Write one page per model for the annual attestation by its owner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson
from scoring.commands.working import working

FOLDER = Path(".local/models")


def export(
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="The folder of the pages.")
    ] = FOLDER,
    as_json: AsJson = False,
) -> int:
    """Write one HTML file per model: inventory, versions, gates, validations, decisions, cards.

    Each file holds all it needs, and replaces the file of the same model. Without the registry,
    which has the cards, no file is written.
    """
    # imports the registry's library, which takes seconds
    from scoring.pages import model_page, model_reading

    settings = get_settings()
    with working("models export"):
        with sessions.connect() as connection:
            models = model_reading.read(connection, settings)
        pages = {
            each.standing.model: model_page.render(each)
            for each in model_reading.pages(models, settings)
        }
        files = [_write(to, name, text) for name, text in pages.items()]
    show([str(file) for file in files], {"files": [str(file) for file in files]}, as_json=as_json)
    return Status.HOLDS


def _write(folder: Path, name: str, text: str) -> Path:
    """Write a page.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    file = folder / f"{name}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be written ({error.strerror}): name another folder with --to"
        ) from error
    return file
